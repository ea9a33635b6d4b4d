/*
 * The command line: a command of the program turns its arguments into a task.
 *
 * I1  A definition loads nothing of what its task needs: `--version` must not pay for a replica.
 * I2  A task is made of a right command line only. What is wrong with one is told before anything
 *     is done, a line for each problem, and ends the process with the exit code of bad usage.
 */

import type { ArgsDef } from "citty";
import { printable } from "../base/quoted.ts";
import type { Environment } from "../options/environment.ts";
import type { Arguments } from "./read-arguments.ts";

/** What a command line asks for. */
export type CommandLine =
  | Task
  /** A text for stdout as it is; the exit code is 0. */
  | { readonly kind: "text"; readonly text: string }
  /** Goes to stderr as it is: one line per problem. The exit code is that of bad usage. */
  | { readonly kind: "usage-error"; readonly message: string };

/** Something to be done. */
interface Task {
  readonly kind: "task";
  /** What is asked, as the command understands it. */
  readonly question: Question;
  /** Does it, and resolves with the exit code. What that takes is loaded now. */
  readonly run: () => Promise<number>;
}

/** What a command is asked, under a name of its own. */
export interface Question {
  readonly kind: string;
}

/** One command of the program: a folder each. What is here is always loaded, its work is not. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** The flags, in citty's notation; every one a string or a boolean. */
  readonly flags: ArgsDef;
  /** Flags that it takes and does nothing with: another command's line shall do. Never shown. */
  readonly ignored?: ArgsDef;
  /** The words that it takes besides flags; none where left out. */
  readonly operands?: Operands;
  /** It runs what stands behind `--`. */
  readonly runsCommand?: true;
  /** What is to be known besides the flags: paragraphs at the end of the help. */
  readonly notes: readonly string[];
  /** Turns arguments, already known to be well-formed, into what is to be done. */
  readonly interpret: (given: Arguments, environment: Environment, program: Program) => CommandLine;
}

/** Words of a command line that belong to no flag. */
export interface Operands {
  readonly name: string;
  readonly description: string;
  readonly most: number;
  /** All that such a word may be; anything where left out. */
  readonly choices?: readonly string[];
}

/** The commands that there are. */
export interface Program {
  /** Those for people, in the order of the help. */
  readonly commands: readonly Command[];
  /** Those that the help does not name. */
  readonly hidden: readonly Command[];
  /** What happens when no command is named: one of `commands`. */
  readonly byDefault: Command;
}

/** Flags that every command has. */
const commonFlags: ArgsDef = {
  help: { type: "boolean", alias: "h", description: "Shows this help." },
  version: { type: "boolean", description: "Shows the version." },
};

/** All flags of a command: its own, and those of every command. */
export function flagsOf(command: Command): ArgsDef {
  return { ...command.flags, ...commonFlags };
}

/** A task: a question, and the work that answers it. */
export function task<Asked extends Question>(
  question: Asked,
  work: (question: Asked) => Promise<number>,
): Task {
  return { kind: "task", question, run: () => work(question) };
}

/** A usage error, from the problems that make it up: one line each, whatever they quote. */
export function usageError(problems: readonly string[]): CommandLine {
  const lines = problems.map((problem) => `election: ${printable(problem)}`);
  return { kind: "usage-error", message: `${lines.join("\n")}\n` };
}
