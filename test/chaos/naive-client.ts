import { join } from "node:path";

interface Belief {
  readonly believes: boolean;
  /** Wall clock of this machine, in milliseconds. */
  readonly at: number;
}

/** A client that trusts its state CONNECTED, in a process of Node's; see naive-client.mjs. */
export class NaiveClient implements AsyncDisposable {
  readonly beliefs: Belief[] = [];
  readonly #child: Bun.Subprocess<"ignore", "pipe", "ignore">;
  readonly #reading: Promise<void>;

  constructor(servers: string, sessionTimeoutMs: number) {
    const script = join(import.meta.dir, "naive-client.mjs");
    this.#child = Bun.spawn(["node", script, servers, String(sessionTimeoutMs)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#reading = this.#read();
  }

  /** When its belief to lead became `believes`. */
  async believing(believes: boolean, limitMs: number): Promise<number> {
    const deadline = performance.now() + limitMs;
    while (performance.now() < deadline) {
      const found = this.beliefs.find((belief) => belief.believes === believes);
      if (found !== undefined) return found.at;
      await Bun.sleep(10);
    }
    throw new Error(`the naive client did not come to believe ${believes} in ${limitMs} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      // The package itself prints there, too.
      const told = parts.filter((part) => part.startsWith("{"));
      this.beliefs.push(...told.map((part) => JSON.parse(part) as Belief));
    }
  }
}
