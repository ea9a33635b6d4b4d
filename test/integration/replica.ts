import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The compiled program, as operators run it. */
export const binary = join(import.meta.dir, "../../dist/election");

/** One line of a replica's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly state: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface ReplicaOptions {
  /** The value of --zk-servers. */
  readonly servers: string;
  readonly id: string;
  readonly fileDir: string;
  /** More flags; they come last and must not repeat the ones above. */
  readonly flags?: readonly string[];
  /** The command that runs under leadership; none runs the files alone. */
  readonly command?: readonly string[];
  /** More variables; none of this process's own ones but PATH is handed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What is run instead of the project's binary. */
  readonly program?: string;
}

const patienceMs = 60_000;

/** A running replica of the compiled binary, and what it logs. */
export class Replica implements AsyncDisposable {
  readonly id: string;
  readonly lines: LogLine[] = [];
  /** Resolves with the exit code, or with the negative number of the signal that ended it. */
  readonly exited: Promise<number>;
  readonly #process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #reading: Promise<void>;
  #heard = Promise.withResolvers<void>();
  #ended = false;

  constructor(options: ReplicaOptions) {
    const { servers, id, fileDir, flags = [], command } = options;
    const { environment = {}, program = binary } = options;
    if (!existsSync(program)) throw new Error(`${program} is missing: make build`);
    this.id = id;
    const own = [`--zk-servers=${servers}`, `--replica-id=${id}`, `--file-dir=${fileDir}`];
    const given = [...own, "--log-format=json", ...flags];
    const line = command === undefined ? given : ["exec", ...given, "--", ...command];
    this.#process = Bun.spawn([program, ...line], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { PATH: process.env["PATH"] ?? "", ...environment },
    });
    this.#reading = this.#read();
    this.exited = this.#wait();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves with its death. A command that it leaves behind may hold its stderr open for longer. */
  get died(): Promise<number> {
    return this.#process.exited;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The first line from number `from` on that satisfies `matches`, now or later. */
  async line(
    what: string,
    matches: (line: LogLine) => boolean,
    from = 0,
    limitMs = patienceMs,
  ): Promise<LogLine> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.lines.slice(from).find((line) => matches(line));
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (this.#ended || leftMs <= 0) break;
      await Promise.race([this.#heard.promise, Bun.sleep(leftMs)]);
    }
    const why = this.#ended ? "it ended" : `${limitMs} ms passed`;
    const last = this.lines.slice(-20).map((line) => JSON.stringify(line));
    throw new Error(`${this.id}: ${why} without "${what}"; its last lines:\n${last.join("\n")}`);
  }

  /** The transition into `state`, from line `from` on. */
  enters(state: string, from = 0): Promise<LogLine> {
    const matches = (line: LogLine): boolean => line.event === "transition" && line["to"] === state;
    return this.line(`enters ${state}`, matches, from);
  }

  /** The next file that it writes. */
  writes(from = 0): Promise<LogLine> {
    return this.line("writes a file", ({ event }) => event === "file-written", from);
  }

  /** The edges taken so far, as `From>To:reason`. */
  get edges(): readonly string[] {
    return this.lines
      .filter(({ event }) => event === "transition")
      .map((line) => `${String(line["from"])}>${String(line["to"])}:${String(line["reason"])}`);
  }

  /** Ends it by SIGKILL if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#process.kill("SIGKILL");
    await this.exited;
  }

  async #wait(): Promise<number> {
    await this.#process.exited;
    await this.#reading;
    this.#ended = true;
    this.#heard.resolve();
    return this.#process.exitCode ?? -(this.#process.signalCode === "SIGKILL" ? 9 : 1);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#process.stderr) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        if (part.startsWith("{")) this.lines.push(JSON.parse(part) as LogLine);
        else process.stderr.write(`${this.id}: ${part}\n`);
      }
      const heard = this.#heard;
      this.#heard = Promise.withResolvers<void>();
      heard.resolve();
    }
  }
}

/** The first of several replicas to enter Leader. */
export async function firstLeader(replicas: readonly Replica[]): Promise<Replica> {
  return await Promise.any(
    replicas.map(async (replica) => {
      await replica.enters("Leader");
      return replica;
    }),
  );
}

/** A directory for one test, gone with it. */
export function temporaryDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "election-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
