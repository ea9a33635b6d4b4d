import { quoted } from "../../base/quoted.ts";
import type { Environment } from "../../options/environment.ts";
import { type Command, type CommandLine, task, usageError } from "../command.ts";
import { optionFlags, optionsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { loadRun } from "../run/run-command.ts";

/** Looks at everything that a replica with these options would need. */
export const checkCommand: Command = {
  name: "check",
  description: "Checks what a replica with these options needs, and what follows from it.",
  flags: {
    ...optionFlags(optionsOf("check")),
    json: { type: "boolean", description: "Prints JSON." },
  },
  notes: [
    "It takes the options of the replica. With every server it opens a session of its own and\n" +
      "closes it; in file-dir, where that exists, it writes and removes a file. It neither\n" +
      "makes a directory nor takes part in an election.",
    variablesNote(optionsOf("check")),
    "Exit code 0: all is well; 2: the options are wrong; 4: there are warnings; 69: there are\n" +
      "errors.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const loading = loadRun(given.values, environment);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config, settings } = loading;
  return task(
    { kind: "check", config, settings, json: given.switches.has("json") },
    async (question) => await (await import("./check.ts")).runCheck(question),
  );
}
