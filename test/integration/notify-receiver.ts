import { join } from "node:path";

/** One datagram: who sent it, by the kernel's word, and its lines. */
export interface Notice {
  readonly pid: number;
  readonly lines: readonly string[];
}

const patienceMs = 20_000;

/** A service manager's ear: a real datagram socket, in a process of its own. */
export class NotifyReceiver implements AsyncDisposable {
  readonly heard: Notice[] = [];
  readonly #process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #reading: Promise<void>;
  #more = Promise.withResolvers<void>();

  private constructor(name: string) {
    this.#process = Bun.spawn(["python3", join(import.meta.dir, "notify-receiver.py"), name], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#reading = this.#read();
  }

  /** @param name a path, or an abstract name behind "@" */
  static async listen(name: string): Promise<NotifyReceiver> {
    const receiver = new NotifyReceiver(name);
    await receiver.notice("listening");
    return receiver;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The first notice, from number `from` on, with a line that begins so. */
  async notice(beginning: string, from = 0): Promise<Notice> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = this.heard
        .slice(from)
        .find(({ lines }) => lines.some((line) => line.startsWith(beginning)));
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await Promise.race([this.#more.promise, Bun.sleep(leftMs)]);
    }
    throw new Error(`no ${beginning} among ${JSON.stringify(this.heard)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
    await this.#reading;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const [pid, message] = JSON.parse(part) as [number, string];
        this.heard.push({ pid, lines: message.split("\n") });
      }
      const more = this.#more;
      this.#more = Promise.withResolvers<void>();
      more.resolve();
    }
  }
}
