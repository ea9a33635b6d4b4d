import { quoted } from "../../base/quoted.ts";
import type { Environment } from "../../options/environment.ts";
import { type Command, type CommandLine, type Program, task, usageError } from "../command.ts";
import type { Arguments } from "../read-arguments.ts";
import { shells } from "./shell.ts";

/** Prints what makes a shell complete this program's words. */
export const completionCommand: Command = {
  name: "completion",
  description: "Prints a script that makes a shell complete commands and flags.",
  operands: { name: "shell", description: "bash, zsh or fish.", most: 1, choices: shells },
  flags: {},
  notes: [
    "bash:  source <(election completion bash)\n" +
      "zsh:   source <(election completion zsh), after compinit\n" +
      "fish:  election completion fish | source",
  ],
  interpret,
};

function interpret(
  { operands, rest }: Arguments,
  _environment: Environment,
  program: Program,
): CommandLine {
  const [extra] = rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const [word] = operands;
  const expected = `expected ${shells.slice(0, -1).join(", ")} or ${shells.at(-1)}`;
  if (word === undefined) return usageError([`the shell is missing: ${expected}`]);
  const shell = shells.find((candidate) => candidate === word);
  if (shell === undefined) return usageError([`shell ${quoted(word)}: ${expected}`]);
  return task({ kind: "completion", shell }, async () =>
    (await import("./completion.ts")).runCompletion(shell, program),
  );
}
