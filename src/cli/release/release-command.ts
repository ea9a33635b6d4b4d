import { loadConfig } from "../../options/load.ts";
import type { AnyOption } from "../../options/option.ts";
import { options, optionTable, serviceSettings } from "../../daemon/options.ts";
import { quoted } from "../../base/quoted.ts";
import { type Environment, logDescriptor } from "../../options/environment.ts";
import { isJournal } from "../../system/service-notification.ts";
import { type Command, type CommandLine, task, usageError } from "../command.ts";
import { optionFlags, variablesNote } from "../option-flags.ts";
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
  flags: optionFlags(needed),
  ignored: optionFlags(Object.values(options)),
  notes: [
    "state-dir is required. It takes every other option of a replica as well, and of exec, so\n" +
      "that the same line up to -- does, and does nothing with them.",
    variablesNote(needed),
    "Exit code 0: nothing is left to do; 2: the options are wrong; 69: something could not be\n" +
      "done.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const loading = loadConfig(optionTable, given.values, environment);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config } = loading;
  if (config.stateDir === null) {
    return usageError(["--state-dir is missing: expected --state-dir=<path> for release"]);
  }
  return task({ kind: "release", config }, async () => {
    const { runRelease } = await import("./release.ts");
    return await runRelease(config, isJournal(environment.variables, logDescriptor));
  });
}
