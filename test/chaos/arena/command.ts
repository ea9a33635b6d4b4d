/** Runs a program of the system to its end, and throws what it says when it fails. */
export function command(program: string, ...parts: readonly string[]): void {
  const failure = failureOf(program, ...parts);
  if (failure !== undefined) throw new Error(failure);
}

/** The same; what it says when it fails, or undefined. */
export function failureOf(program: string, ...parts: readonly string[]): string | undefined {
  const { exitCode, stderr } = Bun.spawnSync([program, ...parts]);
  if (exitCode === 0) return undefined;
  return `${[program, ...parts].join(" ")}: ${stderr.toString().trim()}`;
}
