import { unreachable } from "./base/unreachable.ts";
import { parseCommandLine } from "./cli/parse-command-line.ts";
import { complain, print, wantsColours } from "./cli/print.ts";
import { exitCodes } from "./election/exit-status.ts";
import { isTerminal, logDescriptor, processEnvironment } from "./options/environment.ts";
import { ClockError } from "./system/kernel-clocks.ts";
import { isJournal } from "./system/service-notification.ts";
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

async function main(rawArguments: readonly string[]): Promise<number> {
  const environment = processEnvironment();
  const { variables } = environment;
  const colours = wantsColours(variables) && isTerminal(standardOutput);
  const asked = await parseCommandLine(rawArguments, environment, colours);
  switch (asked.kind) {
    case "task":
      return await asked.run();
    case "text":
      await print(asked.text);
      return exitCodes.stopped;
    case "usage-error": {
      const { message } = asked;
      await complain(isJournal(variables, logDescriptor) ? levelled("error", message) : message);
      return exitCodes.usage;
    }
    default:
      return unreachable(asked);
  }
}
