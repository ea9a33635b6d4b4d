import { parseCommandLine, version } from "./cli/parse-command-line.ts";
import { complain, print } from "./cli/print.ts";
import { isJournal, serviceNotificationOf } from "./system/service-notification.ts";
import { isTerminal, logDescriptor, processEnvironment } from "./options/environment.ts";
import { exitCodes } from "./election/exit-status.ts";
import { unreachable } from "./base/unreachable.ts";
import { levelled } from "./telemetry/log/log-entry.ts";

/** Its number, because asking for `process.stdout` would open a stream. */
const standardOutput = 1;

process.exit(await main(process.argv.slice(2)));

/** What a command takes is loaded for that command alone: `run` needs a part of the program. */
async function main(rawArguments: readonly string[]): Promise<number> {
  const environment = processEnvironment();
  const { variables } = environment;
  const journal = isJournal(variables, logDescriptor);
  const mayColour = (variables["NO_COLOR"] ?? "") === "";
  const command = await parseCommandLine(
    rawArguments,
    environment,
    mayColour && isTerminal(standardOutput),
  );
  switch (command.kind) {
    case "help":
    case "version":
      await print(command.text);
      return exitCodes.stopped;
    case "completion": {
      const { completionFor } = await import("./cli/completion/completion.ts");
      await print(completionFor(command.shell));
      return exitCodes.stopped;
    }
    case "usage-error":
      await complain(journal ? levelled("error", command.message) : command.message);
      return exitCodes.usage;
    case "release":
      return await (await import("./cli/release/release.ts")).runRelease(command.config, journal);
    case "supervise":
      return await (await import("./cli/run/supervise.ts")).runSupervise(variables);
    case "status":
      return await (await import("./cli/status/status.ts")).runStatus(command);
    case "check":
      return await (await import("./cli/check/check.ts")).runCheck(command);
    case "survey":
      return await (await import("./cli/status/survey.ts")).runSurvey(command);
    case "history":
      return await (await import("./cli/history/history.ts")).runHistory(command);
    case "step-down":
      return await (await import("./cli/step-down/step-down.ts")).runStepDown(command);
    case "run": {
      const { runDaemon } = await import("./daemon/daemon.ts");
      return await runDaemon({
        config: command.config,
        settings: command.settings,
        reload: command.reload,
        command: command.command,
        environment: variables,
        warnings: command.warnings,
        version,
        hostName: environment.hostName,
        colours: mayColour && environment.terminal,
        journal,
        notification: serviceNotificationOf(variables, process.pid),
      });
    }
    default:
      return unreachable(command);
  }
}
