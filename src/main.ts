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

process.exit(await main(process.argv.slice(2)));

async function main(rawArguments: readonly string[]): Promise<number> {
  const environment = processEnvironment();
  const { variables } = environment;
  const colours = wantsColours(variables) && isTerminal(standardOutput);
  const asked = await parseCommandLine(rawArguments, environment, colours);
  switch (asked.kind) {
    case "task":
      return await asked.run().catch(refuseWithoutClock);
    case "text":
      await print(asked.text);
      return exitCodes.stopped;
    case "usage-error":
      return await refuse(asked.message);
    default:
      return unreachable(asked);
  }
}

async function refuse(message: string): Promise<number> {
  const { variables } = processEnvironment();
  await complain(isJournal(variables, logDescriptor) ? levelled("error", message) : message);
  return exitCodes.usage;
}

/** Nobody leads without the kernel's clocks: who would is refused, and nothing is begun. */
async function refuseWithoutClock(error: unknown): Promise<number> {
  if (!(error instanceof ClockError)) throw error;
  return await refuse(`election: ${error.message}\n`);
}
