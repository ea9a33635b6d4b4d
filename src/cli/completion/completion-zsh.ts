import { unreachable } from "../../base/unreachable.ts";
import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";

/** For zsh: to be sourced after compinit, or put as `_election` into a directory of fpath. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => quote(`${name}:${description}`));
  const cases = commands.map((command) => {
    const specs = [...command.flags.map(flagSpec), operandSpec(command)];
    return `    ${command.name})\n      _arguments ${specs.join(" \\\n        ")} ;;`;
  });
  const byDefault = commands.find(({ isDefault }) => isDefault)?.name ?? "";
  return `#compdef election
# Completion of election's commands and flags, for zsh.
_election() {
  local -a names
  names=(
    ${names.join("\n    ")}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command names
    return
  fi
  local command=${byDefault}
  if [[ $words[2] != -* ]]; then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _election ]]; then
  _election "$@"
else
  compdef _election election
fi
`;
}

function flagSpec({ name, description, value }: CompletedFlag): string {
  const shown = description.replaceAll(/[[\]\\]/g, String.raw`\$&`);
  if (value.kind === "none") return quote(`--${name}[${shown}]`);
  const message = value.kind === "text" ? value.hint.replaceAll(":", String.raw`\:`) : value.kind;
  return quote(`--${name}=[${shown}]:${message}:${action(value)}`);
}

function action(value: Exclude<CompletedFlag["value"], { readonly kind: "none" }>): string {
  switch (value.kind) {
    case "choice":
      return `(${value.choices.join(" ")})`;
    case "list":
      return `_values -s , value ${value.choices.join(" ")}`;
    case "path":
      return "_files";
    case "text":
      return " ";
    default:
      return unreachable(value);
  }
}

function operandSpec({ choices }: CompletedCommand): string {
  return choices.length === 0 ? quote("*:: :_default") : quote(`1:word:(${choices.join(" ")})`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
