import type { ArgDef } from "citty";
import type { AnyOption } from "../../options/option.ts";
import { options } from "../../daemon/options.ts";
import { unreachable } from "../../base/unreachable.ts";
import { bashScript } from "./completion-bash.ts";
import type { Shell } from "./completion-command.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";
import { commands, defaultCommand } from "../commands.ts";
import { lineBreak } from "../help.ts";
import { flagsOf } from "../parse-command-line.ts";

/** A command, as completion needs it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** What runs when no command is named. */
  readonly isDefault: boolean;
  readonly flags: readonly CompletedFlag[];
  /** What its words may be; empty where that is not known. */
  readonly choices: readonly string[];
}

export interface CompletedFlag {
  readonly name: string;
  readonly description: string;
  /** What it takes. */
  readonly value:
    | { readonly kind: "none" }
    | { readonly kind: "path" }
    | { readonly kind: "choice"; readonly choices: readonly string[] }
    /** Some of them, with commas between. */
    | { readonly kind: "list"; readonly choices: readonly string[] }
    | { readonly kind: "text"; readonly hint: string };
}

/** The script for a shell, out of the tables of commands and options. */
export function completionFor(shell: Shell): string {
  const all = commands.map((command): CompletedCommand => ({
    name: command.name,
    description: command.description,
    isDefault: command === defaultCommand,
    flags: Object.entries(flagsOf(command)).map(([name, flag]) => completedFlag(name, flag)),
    choices: command.operands?.choices ?? [],
  }));
  switch (shell) {
    case "bash":
      return bashScript(all);
    case "zsh":
      return zshScript(all);
    case "fish":
      return fishScript(all);
    default:
      return unreachable(shell);
  }
}

function completedFlag(name: string, flag: ArgDef): CompletedFlag {
  const [description = ""] = (flag.description ?? "").split(lineBreak);
  return { name, description, value: valueOf(name, flag) };
}

function valueOf(name: string, flag: ArgDef): CompletedFlag["value"] {
  if (flag.type !== "string") return { kind: "none" };
  const hint = flag.valueHint ?? "value";
  const all: readonly AnyOption[] = Object.values(options);
  const completes = all.find((option) => option.flag === name)?.completes;
  if (completes === "nothing") return { kind: "text", hint };
  if (completes !== undefined) return { kind: "list", choices: completes.list };
  if (hint.includes("|")) return { kind: "choice", choices: hint.split("|") };
  // A command begins with the path of a program, as a rule.
  return hint === "path" || hint === "command" ? { kind: "path" } : { kind: "text", hint };
}
