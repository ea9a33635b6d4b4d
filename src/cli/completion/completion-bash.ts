import { unreachable } from "../../base/unreachable.ts";
import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";

/**
 * For bash 4 and later. A value may follow its flag, or an equals sign, which bash makes a word of
 * its own. For a path, and a word of no flag, bash completes the names of files.
 */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map((command) => {
    const flags = command.flags.map(({ name }) => `--${name}`).join(" ");
    return `    ${command.name}) flags="${flags}"; words="${command.choices.join(" ")}" ;;`;
  });
  const values = commands.flatMap(({ name, flags }) => flags.flatMap((flag) => value(name, flag)));
  const names = commands.map(({ name }) => name).join(" ");
  const byDefault = commands.find(({ isDefault }) => isDefault)?.name ?? "";
  return `# Completion of election's commands and flags, for bash.
_election_among() {
  mapfile -t COMPREPLY < <(compgen -P "$2" -W "$1" -- "\${current#"$2"}")
}
_election() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]}
  local command=${byDefault} flags= words= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -- ]] && return
  done
  if [[ $current == = ]]; then
    current=
  elif [[ $flag == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD > 1 )) && [[ \${COMP_WORDS[1]} != -* ]]; then command=\${COMP_WORDS[1]}; fi
  case "$command $flag" in
${values.join("\n")}
  esac
  case $command in
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then
    words=$flags
  elif (( COMP_CWORD == 1 )); then
    words="${names}"
  fi
  _election_among "$words" ""
}
complete -o bashdefault -o default -F _election election
`;
}

function value(command: string, { name, value: taken }: CompletedFlag): readonly string[] {
  const pattern = `    "${command} --${name}")`;
  switch (taken.kind) {
    case "none":
      return [];
    case "path":
      return [`${pattern} return ;;`];
    case "text":
      return [`${pattern} compopt +o bashdefault +o default; return ;;`];
    case "choice":
      return [`${pattern} _election_among "${taken.choices.join(" ")}" ""; return ;;`];
    case "list":
      return [
        `${pattern} _election_among "${taken.choices.join(" ")}" "\${current%"\${current##*,}"}"`,
        "      return ;;",
      ];
    default:
      return unreachable(taken);
  }
}
