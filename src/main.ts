import { parseCommandLine, version } from "./cli/parse-command-line.ts";
import { parseServers } from "./cli/parse-servers.ts";
import { serviceNotificationOf } from "./config/service-notification.ts";
import { isTerminal, processSurroundings } from "./config/surroundings.ts";
import { exitCodes } from "./election/exit-status.ts";
import { unreachable } from "./election/unreachable.ts";
import { levelled } from "./telemetry/journal-level.ts";

/** Its number, because asking for `process.stdout` would open a stream. */
const standardOutput = 1;

process.exit(await main(process.argv.slice(2)));

/** What a command takes is loaded for that command alone: `run` needs a part of the program. */
async function main(rawArguments: readonly string[]): Promise<number> {
  const surroundings = processSurroundings(parseServers);
  const mayColour = (surroundings.environment["NO_COLOR"] ?? "") === "";
  const command = await parseCommandLine(
    rawArguments,
    surroundings,
    mayColour && isTerminal(standardOutput),
  );
  switch (command.kind) {
    case "help":
    case "version":
      await Bun.write(Bun.stdout, command.text);
      return exitCodes.stopped;
    case "completion": {
      const { completionFor } = await import("./cli/completion.ts");
      await Bun.write(Bun.stdout, completionFor(command.shell));
      return exitCodes.stopped;
    }
    case "usage-error":
      await Bun.write(
        Bun.stderr,
        surroundings.journal ? levelled("error", command.message) : command.message,
      );
      return exitCodes.usage;
    case "release":
      return await (
        await import("./cli/release.ts")
      ).runRelease(command.config, surroundings.journal);
    case "supervise":
      return await (await import("./cli/supervise.ts")).runSupervise(surroundings.environment);
    case "status":
      return await (await import("./cli/status.ts")).runStatus(command);
    case "check":
      return await (await import("./cli/check.ts")).runCheck(command);
    case "survey":
      return await (await import("./cli/survey.ts")).runSurvey(command);
    case "history":
      return await (await import("./cli/history.ts")).runHistory(command);
    case "step-down":
      return await (await import("./cli/step-down.ts")).runStepDown(command);
    case "run": {
      const { runDaemon } = await import("./daemon.ts");
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
    }
    default:
      return unreachable(command);
  }
}
