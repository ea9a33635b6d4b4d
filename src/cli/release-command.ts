import { loadConfig } from "../config/load-config.ts";
import { quoted } from "../config/quoted.ts";
import type { Surroundings } from "../config/surroundings.ts";
import { type Command, type CommandLine, usageError } from "./command.ts";
import { flagsOf, optionsOf } from "./option-flags.ts";
import type { Arguments } from "./read-arguments.ts";

/** Gives up what killed processes of this host held, and ends: for ExecStopPost and the like. */
export const releaseCommand: Command = {
  name: "release",
  description: "Releases what killed replicas of this host held, by their state-dir.",
  flags: flagsOf(optionsOf("release")),
  notes: ["It takes the options of the replica; state-dir is needed, the rest as for a replica."],
  interpret,
};

function interpret(given: Arguments, surroundings: Surroundings): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const loading = loadConfig(given.values, surroundings);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config } = loading;
  if (config.stateDir === null) {
    return usageError(["--state-dir is missing: expected --state-dir=<path> for release"]);
  }
  return { kind: "release", config };
}
