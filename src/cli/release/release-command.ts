import { loadConfig } from "../../options/load.ts";
import type { AnyOption } from "../../options/option.ts";
import { options, serviceSettings } from "../../daemon/options.ts";
import { quoted } from "../../base/quoted.ts";
import type { Surroundings } from "../../options/environment.ts";
import { type Command, type CommandLine, usageError } from "../command.ts";
import { flagsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";

const needed: readonly AnyOption[] = [
  options.stateDir,
  ...serviceSettings.map((field) => options[field]),
  options.envFile,
];

/** Gives up what killed processes of this host held, and ends: for ExecStopPost and the like. */
export const releaseCommand: Command = {
  name: "release",
  description: "Releases what killed replicas of this host held, by their state-dir.",
  flags: flagsOf(needed),
  ignored: flagsOf(Object.values(options)),
  notes: [
    "state-dir is required. It takes every other option of a replica as well, and of exec, so\n" +
      "that the same line up to -- does, and does nothing with them.",
    variablesNote(needed),
    "Exit code 0: nothing is left to do; 2: the options are wrong; 69: something could not be\n" +
      "done.",
  ],
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
