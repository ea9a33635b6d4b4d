import { writeSync } from "node:fs";
import type { Scheduler } from "../../base/scheduler.ts";

/** The most bytes of lines that wait in memory for a reader. Lines beyond them are dropped. */
const backlogLimitBytes = 8 * 1024 * 1024;
/** How long after one try to write the backlog the next one comes, while nothing new is logged. */
const retryMs = 100;
/** How long one pause of `flush` is. */
const pauseMs = 1;

/** Writes bytes and says how many were taken; throws as `writeSync` does. */
export type Write = (bytes: Uint8Array) => number;

interface LineWriterOptions {
  readonly scheduler: Scheduler;
  readonly write: Write;
  /** Blocks the thread for `ms` milliseconds. Only `flush` calls it. */
  readonly pause: (ms: number) => void;
}

/**
 * Writes lines at once and in order, so that nothing is lost when the process ends right after.
 *
 * A reader that stalls must not stall the leader's lease: what the descriptor does not take now
 * waits in memory (8 MiB at most), and what does not fit is dropped and counted. No line ever waits
 * for the reader; only `flush`, at the end of the process, does, and not for long. A reader that is
 * gone costs nothing but the lines: no error leaves this class.
 */
export class LineWriter implements AsyncDisposable {
  readonly #options: LineWriterOptions;
  readonly #closing = new AbortController();
  readonly #backlog: Uint8Array[] = [];
  #backlogBytes = 0;
  #dropped = 0;
  #unreported = 0;
  #retrying: Promise<void> | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** How many lines were dropped since the process began. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The lines dropped since the last call, once the reader reads again: to be told of. */
  takeUnreported(): number {
    if (this.#unreported === 0 || this.#backlogBytes > backlogLimitBytes / 2) return 0;
    const count = this.#unreported;
    this.#unreported = 0;
    return count;
  }

  /** Writes one line, given without its line feed. It never blocks and never throws. */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#backlogBytes + bytes.length > backlogLimitBytes && !this.#drain()) {
      this.#drop(1);
      return;
    }
    this.#backlog.push(bytes);
    this.#backlogBytes += bytes.length;
    if (!this.#drain() && !this.#closing.signal.aborted) this.#retrying ??= this.#retry();
  }

  /** Waits, blocking the thread, until all is written or `limitMs` milliseconds have passed. */
  flush(limitMs: number): void {
    for (let waitedMs = 0; !this.#drain() && waitedMs < limitMs; waitedMs += pauseMs) {
      this.#options.pause(pauseMs);
    }
  }

  /** Ends the retries. Lines may still be written, and `flush` still works. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#retrying;
  }

  async #retry(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#drain()) await this.#options.scheduler.sleep(retryMs, signal);
    this.#retrying = undefined;
  }

  /** Writes what the descriptor takes; true when nothing is left. */
  #drain(): boolean {
    let written = 0;
    try {
      for (const [index, bytes] of this.#backlog.entries()) {
        const count = this.#options.write(bytes);
        this.#backlogBytes -= count;
        if (count < bytes.length) {
          // The rest of the line goes first next time, or the reader would see a torn line.
          this.#backlog[index] = bytes.subarray(count);
          break;
        }
        written += 1;
      }
    } catch (error) {
      if (!isBusy(error)) this.#giveUp(written);
    }
    if (written > 0) this.#backlog.splice(0, written);
    return this.#backlog.length === 0;
  }

  /** The reader is gone, or the disk full: what waits would wait for ever. */
  #giveUp(written: number): void {
    this.#drop(this.#backlog.length - written);
    this.#backlog.length = written;
    this.#backlogBytes = 0;
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#unreported += lines;
  }
}

/** Writes to a descriptor: see openLog. */
export function writeTo(descriptor: number): Write {
  return (bytes) => writeSync(descriptor, bytes);
}

/** Puts the thread to sleep: a timer would need the loop, which is over when this is wanted. */
export function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "EINTR")
  );
}
