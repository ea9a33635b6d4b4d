/** What a run was asked for, by the names of its variables; undefined for what was left open. */
export type Asked = Readonly<Record<string, string | number | undefined>>;

/** The command that plays the same rounds again. */
export function replayText(asked: Asked): string {
  const words = Object.entries(asked)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${word(String(value))}`);
  return ["make chaos", ...words].join(" ");
}

/** For a shell. The names of faults and mutants hold nothing that it expands in double quotes. */
function word(value: string): string {
  return /^[\w-]+$/.test(value) ? value : `"${value}"`;
}
