/** Runs docker to its end; resolves with what it printed, and throws what it says when it fails. */
export async function docker(...parts: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tryDocker(...parts);
  if (exitCode !== 0) throw new Error(`docker ${parts.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same, for a command that may well fail. */
export async function tryDocker(...parts: readonly string[]): Promise<Outcome> {
  const running = Bun.spawn(["docker", ...parts], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(running.stdout).text(),
    new Response(running.stderr).text(),
    running.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** Waits until `found` gives something: asks every 50 ms, and throws after `limitMs`. */
export async function until<Found>(
  what: string,
  limitMs: number,
  found: () => Promise<Found | undefined>,
): Promise<Found> {
  const start = performance.now();
  for (;;) {
    const value = await found();
    if (value !== undefined) return value;
    if (performance.now() - start > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await Bun.sleep(50);
  }
}

/** A GET; undefined where nobody answers within two seconds. */
export async function get(url: string): Promise<{ status: number; body: string } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), proxy: "" });
    return { status: response.status, body: await response.text() };
  } catch {
    return undefined;
  }
}
