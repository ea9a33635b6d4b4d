import { readFileSync } from "node:fs";
import { binary } from "../test/integration/replica.ts";

export interface ReplicaProcessOptions {
  readonly id: string;
  readonly flags: readonly string[];
  /** The file that gets its log. */
  readonly logPath: string;
}

/**
 * A replica of the compiled binary. Unlike the tests' `Replica` its log goes straight to a file, so
 * that nobody here spends processor time on reading it while something is measured, and it has a
 * process group of its own, so that a Ctrl-C in the terminal is for us to answer, in order.
 */
export class ReplicaProcess {
  readonly id: string;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly #process: Bun.Subprocess<"ignore", "ignore", Bun.BunFile>;
  readonly #logPath: string;

  constructor({ id, flags, logPath }: ReplicaProcessOptions) {
    this.id = id;
    this.#logPath = logPath;
    this.#process = Bun.spawn([binary, `--replica-id=${id}`, "--log-format=json", ...flags], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(logPath),
      env: { PATH: process.env["PATH"] ?? "" },
      detached: true,
    });
    this.exited = this.#process.exited.then(() => this.#process.exitCode);
  }

  get pid(): number {
    return this.#process.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** What it has logged so far. */
  get log(): string {
    return readFileSync(this.#logPath, "utf8");
  }
}
