import type { ArgDef } from "citty";
import { unreachable } from "../../base/unreachable.ts";
import { options } from "../../daemon/options.ts";
import { exitCodes } from "../../election/exit-status.ts";
import type { AnyOption } from "../../options/option.ts";
import { flagsOf, type Program } from "../command.ts";
import { lineBreak } from "../help.ts";
import { print } from "../print.ts";
import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";
import type { Shell } from "./shell.ts";

/** Runs `election completion`. Resolves with the exit code. */
export async function runCompletion(shell: Shell, program: Program): Promise<number> {
  await print(completionFor(shell, program));
  return exitCodes.stopped;
}

/** The script for a shell, out of the tables of commands and options. */
export function completionFor(shell: Shell, { commands, byDefault }: Program): string {
  const all = commands.map((command): CompletedCommand => ({
    name: command.name,
    description: command.description,
    isDefault: command === byDefault,
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
