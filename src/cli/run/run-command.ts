import { type Config, options, optionTable, replicaChecks } from "../../daemon/options.ts";
import type { Environment } from "../../options/environment.ts";
import { loadConfig } from "../../options/load.ts";
import type { AnyOption } from "../../options/option.ts";
import type { Loading } from "../../options/table.ts";
import { type Command, type CommandLine, usageError } from "../command.ts";
import { strayCommand } from "../cures.ts";
import { optionFlags, optionsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { replicaTask } from "./replica-task.ts";

const liveFlags = Object.values<AnyOption>(options)
  .filter(({ isLive }) => isLive === true)
  .map(({ flag }) => flag)
  .join(", ");

/** Runs a replica. It is what happens when no command is named. */
export const runCommand: Command = {
  name: "run",
  description: "Competes for leadership; the leader writes files.",
  flags: optionFlags(optionsOf("run")),
  notes: [
    "Every option is also a variable of the environment and of the env file.\n" +
      "Order: flag, environment, env file, default.",
    variablesNote(optionsOf("run")),
    "SIGHUP reads the env file again. At once change:\n" +
      `${liveFlags}.\n` +
      "What else is different is named in the log, and holds from the next start on.",
    "A duration is written like 10s, 1m30s, 500ms or 1h: from 1ms to 24h.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  if (given.rest.length > 0) return usageError([strayCommand(given.rest)]);
  return replicaTask(() => loadRun(given.values, environment), undefined, environment);
}

/** The options of a replica that writes files. */
export function loadRun(
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): Loading<Config> {
  return loadConfig(optionTable, flags, environment, replicaChecks(false));
}
