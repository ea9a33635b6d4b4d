import { quoted } from "../base/quoted.ts";
import { options } from "../daemon/options.ts";
import { type AnyOption, variableOf } from "../options/option.ts";
import type { Command } from "./command.ts";
import type { Cures } from "./read-arguments.ts";

const known: readonly AnyOption[] = Object.values(options);
/** The options that a replica needs, as words of a command line; of a choice the first. */
const needed = known
  .filter(
    ({ flag, fallback }) =>
      fallback.kind === "required" || (fallback.kind === "one-of" && fallback.flags[0] === flag),
  )
  .map(({ flag }) => `--${flag}=...`)
  .join(" ");

/** More words of a command line are not repeated. */
const mostWords = 5;

/** The cures for words and flags that `command` does not take, and another command does. */
export function curesOf(
  command: Command,
  all: readonly Command[],
  rawArguments: readonly string[],
): Cures {
  const { flags, runsCommand } = command;
  return {
    word: (words) =>
      runsCommand !== true || rawArguments.includes("--")
        ? undefined
        : `the command goes behind --: election exec ${needed} -- ${commandText(words)}`,
    flag: (name) => {
      const orFile = known.find(({ flag }) => flag === name)?.variableOnly?.orFile;
      if (orFile !== undefined && Object.hasOwn(flags, orFile)) {
        return `a flag is seen by everybody: use --${orFile}, or ${variableOf(name)}`;
      }
      const owners = all.filter((other) => Object.hasOwn(other.flags, name));
      if (owners.length === 0) return undefined;
      return `it belongs to ${owners.map((owner) => owner.name).join(", ")}`;
    },
  };
}

/** The problem with words behind `--`, where no command is run. */
export function strayCommand(words: readonly string[]): string {
  const cure = `a command is run by exec: election exec ... -- ${commandText(words)}`;
  return `unexpected argument ${quoted(words[0] ?? "")} behind --: ${cure}`;
}

function commandText(words: readonly string[]): string {
  const shown = words.slice(0, mostWords).map((word) => {
    return /^[\w./:=@%+,-]{1,80}$/.test(word) ? word : quoted(word);
  });
  return [...shown, ...(words.length > mostWords ? ["..."] : [])].join(" ");
}
