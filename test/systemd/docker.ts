/** What a program of the system said when it ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export function attempt(parts: readonly string[], input = ""): Outcome {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...parts], { stdin: Buffer.from(input) });
  return { exitCode, stdout: stdout.toString().trim(), stderr: stderr.toString().trim() };
}

/** Runs a program to its good end, and gives what it printed; throws what it says otherwise. */
export function must(parts: readonly string[], input = ""): string {
  const { exitCode, stdout, stderr } = attempt(parts, input);
  if (exitCode !== 0) throw new Error(`${parts.join(" ")}: exit ${exitCode}: ${stderr || stdout}`);
  return stdout;
}

/** Asks again and again until there is an answer; throws after so many milliseconds. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await Bun.sleep(50);
  }
}
