import type { CompletedCommand, CompletedFlag } from "./completion.ts";

/**
 * For bash 4 and later. A value may follow its flag, or an equals sign, which bash makes a word of
 * its own. Where nothing is known, bash completes the names of files.
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
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _election election
`;
}

function value(command: string, { name, value: taken }: CompletedFlag): readonly string[] {
  if (taken.kind === "none") return [];
  const pattern = `    "${command} --${name}")`;
  if (taken.kind !== "choice") return [`${pattern} return ;;`];
  const list = `compgen -W "${taken.choices.join(" ")}" -- "$current"`;
  return [`${pattern} mapfile -t COMPREPLY < <(${list}); return ;;`];
}
