import { unreachable } from "../../base/unreachable.ts";
import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";

/** The completion script for the shell fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const all = commands.map(({ name }) => name).join(" ");
  const isNone = quote(`not __fish_seen_subcommand_from ${all}`);
  const lines = commands.flatMap((command) => {
    const { name, description, isDefault, flags, choices } = command;
    const others = commands.filter((other) => other !== command).map((other) => other.name);
    const when = isDefault
      ? quote(`not __fish_seen_subcommand_from ${others.join(" ")}`)
      : quote(`__fish_seen_subcommand_from ${name}`);
    return [
      `complete -c election -n ${isNone} -f -a ${name} -d ${quote(description)}`,
      ...flags.map((flag) => `complete -c election -n ${when} ${flagWords(flag)}`),
      ...(choices.length === 0
        ? []
        : [`complete -c election -n ${when} -f -a ${quote(choices.join(" "))}`]),
    ];
  });
  return `# Completion of election's commands and flags, for fish.\n${lines.join("\n")}\n`;
}

function flagWords({ name, description, value }: CompletedFlag): string {
  const told = `-l ${name} -d ${quote(description)}`;
  switch (value.kind) {
    case "none":
      return told;
    case "path":
      return `${told} -r -F`;
    case "choice":
    case "list":
      return `${told} -x -a ${quote(value.choices.join(" "))}`;
    case "text":
      return `${told} -x`;
    default:
      return unreachable(value);
  }
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
