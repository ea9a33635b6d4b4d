import { join } from "node:path";

interface Line {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: number;
  readonly path?: string;
  readonly connected?: boolean;
}

/** The reference client in its own process; see reference-client.mjs for its commands. */
export class ReferenceClient implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #answers = new Map<number, (line: Line) => void>();
  readonly #events: Line[] = [];
  #eventReader: ((line: Line) => void) | undefined;
  #lastId = 0;

  private constructor(port: number) {
    const script = join(import.meta.dir, "reference-client.mjs");
    this.#child = Bun.spawn(["node", script, String(port)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  /** Builds the add-on if need be, starts the client, and waits until it is connected. */
  static async start(port: number): Promise<ReferenceClient> {
    const build = Bun.spawn([join(import.meta.dir, "../reference-client-build")], {
      stdout: "inherit",
      stderr: "inherit",
    });
    if ((await build.exited) !== 0) throw new Error("the reference client could not be built");
    const client = new ReferenceClient(port);
    const connected = new Promise<void>((resolve) => {
      client.#answers.set(0, () => resolve());
    });
    void client.#read();
    await connected;
    return client;
  }

  /** The result of a command; rejects with what the reference client says. */
  async ask(command: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<Line>((resolve) => {
      this.#answers.set(id, resolve);
    });
    void this.#child.stdin.write(`${JSON.stringify({ id, command, ...options })}\n`);
    await this.#child.stdin.flush();
    const { error, result } = await answered;
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** The next watch event: its type as the protocol numbers it, and the path. */
  async event(): Promise<Line> {
    const line = this.#events.shift();
    if (line !== undefined) return line;
    return new Promise((resolve) => {
      this.#eventReader = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#take(JSON.parse(part) as Line);
    }
  }

  #take(line: Line): void {
    if (line.event === undefined) return this.#answers.get(line.id ?? 0)?.(line);
    const reader = this.#eventReader;
    this.#eventReader = undefined;
    if (reader === undefined) this.#events.push(line);
    else reader(line);
  }
}
