import type { Answer, Command, Line, Wish } from "./protocol.ts";

const limitMs = 120_000;
const keptComplaints = 10;

/** Runs a contender's program for one measure, and grants its wishes meanwhile. */
export async function measureContender(
  program: readonly string[],
  command: Command,
  grant: (wish: Wish) => Promise<void>,
  signal: AbortSignal,
): Promise<Answer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  await using child = Bun.spawn([...program], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    signal: limit,
    killSignal: "SIGKILL",
  });
  const complaints: string[] = [];
  const complaining = gather(child.stderr, complaints);
  void child.stdin.write(`${JSON.stringify(command)}\n`);
  await child.stdin.flush();

  let answer: Answer | undefined;
  for await (const text of linesOf(child.stdout)) {
    const line = lineOf(text);
    // A library may say something there too.
    if (line === undefined) complaints.push(text);
    else if ("ask" in line) await grant(line.ask);
    else answer = line;
  }
  const code = await child.exited;
  if (answer !== undefined) return answer;
  await complaining;
  const last = complaints.at(-1) ?? "";
  const end = limit.aborted ? `no answer within ${limitMs / 1_000} s` : endText(code, child);
  return { samples: {}, failed: last === "" ? end : `${end}: ${last}` };
}

function endText(code: number, { signalCode }: Bun.Subprocess): string {
  return signalCode === null ? `it ended with code ${code}` : `it was ended by ${signalCode}`;
}

/** Keeps the last of them only: there may be very many. */
async function gather(output: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  for await (const text of linesOf(output)) {
    if (text.trim() === "") continue;
    into.push(text);
    if (into.length > keptComplaints) into.shift();
  }
}

function lineOf(text: string): Line | undefined {
  return text.startsWith("{") ? (JSON.parse(text) as Line) : undefined;
}

async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
