import { options } from "../daemon/options.ts";
import { variableOf } from "../options/option.ts";
import { quoted } from "../base/quoted.ts";
import type { Command } from "./command.ts";
import type { Cures } from "./read-arguments.ts";

/** More words of a command line are not repeated. */
const mostWords = 5;

/** What to do about words and flags that `command` does not take, where somebody else would. */
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
        : `the command goes behind --: election exec --zk-servers=... -- ${commandText(words)}`,
    flag: (name) => {
      const option = Object.values(options).find(({ flag }) => flag === name);
      if (option?.flag === "zk-auth" && Object.hasOwn(flags, options.zkAuthFile.flag)) {
        const variable = variableOf(option.flag);
        return `a flag is seen by everybody: use --${options.zkAuthFile.flag}, or ${variable}`;
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
