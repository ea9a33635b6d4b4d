import { loadConfig } from "../config/load-config.ts";
import { quoted } from "../config/quoted.ts";
import type { Surroundings } from "../config/surroundings.ts";
import { timingProblem } from "../exec/timings.ts";
import { type Command, type CommandLine, usageError } from "./command.ts";
import { flagsOf, optionsOf, variablesNote } from "./option-flags.ts";
import type { Arguments } from "./read-arguments.ts";

/** Runs a replica. It is what happens when no command is named. */
export const runCommand: Command = {
  name: "run",
  description: "Competes for leadership; the leader writes files.",
  flags: flagsOf(optionsOf("run")),
  notes: [
    "Every option is also a variable of the environment and of the env file.\n" +
      "Order: flag, environment, env file, default.",
    variablesNote(optionsOf("run")),
    "A duration is written like 10s, 1m30s, 500ms or 1h: from 1ms to 24h.",
  ],
  interpret,
};

function interpret(given: Arguments, surroundings: Surroundings): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const loading = loadConfig(given.values, surroundings);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config, settings, warnings } = loading;
  const problem = config.onElected === null ? undefined : timingProblem(config);
  if (problem !== undefined) return usageError([problem]);
  return { kind: "run", config, settings, warnings, command: undefined };
}
