import { isatty } from "node:tty";
import { runCheck } from "./cli/check.ts";
import { parseCommandLine, version } from "./cli/parse-command-line.ts";
import { parseServers } from "./cli/parse-servers.ts";
import { completionFor } from "./cli/completion.ts";
import { runHistory } from "./cli/history.ts";
import { runRelease } from "./cli/release.ts";
import { runStatus } from "./cli/status.ts";
import { runStepDown } from "./cli/step-down.ts";
import { runSupervise } from "./cli/supervise.ts";
import { serviceNotificationOf } from "./config/service-notification.ts";
import { runSurvey } from "./cli/survey.ts";
import { processSurroundings } from "./config/surroundings.ts";
import { runDaemon } from "./daemon.ts";
import { exitCodes } from "./election/exit-status.ts";
import { unreachable } from "./election/unreachable.ts";
import { levelled } from "./telemetry/journal-level.ts";

process.exit(await main(process.argv.slice(2)));

async function main(rawArguments: readonly string[]): Promise<number> {
  const surroundings = processSurroundings(parseServers);
  const mayColour = (surroundings.environment["NO_COLOR"] ?? "") === "";
  const command = await parseCommandLine(
    rawArguments,
    surroundings,
    mayColour && isatty(process.stdout.fd),
  );
  switch (command.kind) {
    case "help":
    case "version":
      await Bun.write(Bun.stdout, command.text);
      return exitCodes.stopped;
    case "completion":
      await Bun.write(Bun.stdout, completionFor(command.shell));
      return exitCodes.stopped;
    case "usage-error":
      await Bun.write(
        Bun.stderr,
        surroundings.journal ? levelled("error", command.message) : command.message,
      );
      return exitCodes.usage;
    case "release":
      return await runRelease(command.config, surroundings.journal);
    case "supervise":
      return await runSupervise(surroundings.environment);
    case "status":
      return await runStatus(command);
    case "check":
      return await runCheck(command);
    case "survey":
      return await runSurvey(command);
    case "history":
      return await runHistory(command);
    case "step-down":
      return await runStepDown(command);
    case "run":
      return await runDaemon({
        config: command.config,
        settings: command.settings,
        reload: command.reload,
        command: command.command,
        environment: surroundings.environment,
        warnings: command.warnings,
        version,
        hostName: surroundings.hostName,
        colours: mayColour && surroundings.terminal,
        journal: surroundings.journal,
        notification: serviceNotificationOf(surroundings.environment, process.pid),
      });
    default:
      return unreachable(command);
  }
}
