import { parseCommandLine, version } from "./cli/parse-command-line.ts";
import { parseServers } from "./coordination/zookeeper/server-list.ts";
import { complain, print } from "./cli/print.ts";
import { serviceNotificationOf } from "./system/service-notification.ts";
import { isTerminal, processSurroundings } from "./options/environment.ts";
import { exitCodes } from "./election/exit-status.ts";
import { unreachable } from "./base/unreachable.ts";
import { ClockError } from "./system/kernel-clocks.ts";
import { levelled } from "./telemetry/log/log-entry.ts";

/** Its number, because asking for `process.stdout` would open a stream. */
const standardOutput = 1;

process.exit(await main(process.argv.slice(2)).catch(refuseWithoutClock));

/** Nothing can be relied on without the kernel's clocks: whatever was asked for is not begun. */
async function refuseWithoutClock(error: unknown): Promise<number> {
  if (!(error instanceof ClockError)) throw error;
  await complain(`${error.message}\n`);
  return exitCodes.usage;
}

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
      await print(command.text);
      return exitCodes.stopped;
    case "completion": {
      const { completionFor } = await import("./cli/completion/completion.ts");
      await print(completionFor(command.shell));
      return exitCodes.stopped;
    }
    case "usage-error":
      await complain(surroundings.journal ? levelled("error", command.message) : command.message);
      return exitCodes.usage;
    case "release":
      return await (
        await import("./cli/release/release.ts")
      ).runRelease(command.config, surroundings.journal);
    case "supervise":
      return await (await import("./cli/run/supervise.ts")).runSupervise(surroundings.environment);
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
