import { lstat, rename, writeFile } from "node:fs/promises";
import type { Scheduler } from "../base/scheduler.ts";
import { FileLock } from "./file-lock.ts";

/** What is larger was not written by us. */
const largestBytes = 256 * 1024;
/** Whoever holds the lock reads and writes some kilobytes. */
const lockPauseMs = 5;
const lockRounds = 100;

/** A small file that several processes replace, each time as a whole. */
export class SharedFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #scheduler: Scheduler;

  /** @param temporary where this process alone writes, on the same file system */
  constructor(path: string, temporary: string, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#path = path;
    this.#temporary = temporary;
  }

  /** What it holds; undefined when it is missing. Rejects when it is no small, readable file. */
  async read(): Promise<string | undefined> {
    try {
      const status = await lstat(this.#path);
      // Opening anything else, such as a pipe, may never end.
      if (!status.isFile()) throw new Error(`${this.#path} is not a regular file`);
      if (status.size > largestBytes) throw new Error(`${this.#path} is too large`);
      return await Bun.file(this.#path).text();
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Puts what `change` makes in its place, readable by our user only and not flushed. No other
   * process does so between what `change` reads and what it makes: all of them wait for a lock,
   * half a second at most, and reject then.
   */
  async update(
    change: (read: () => Promise<string | undefined>) => Promise<string>,
  ): Promise<void> {
    using _lock = await this.#lock();
    const text = await change(() => this.read());
    // Bun.write does not heed its `mode` here: the file would be readable by everybody.
    await writeFile(this.#temporary, text, { mode: 0o600 });
    await rename(this.#temporary, this.#path);
  }

  /** On a file of its own, which is never replaced. */
  async #lock(): Promise<FileLock> {
    const path = `${this.#path}.lock`;
    for (let round = 0; round < lockRounds; round += 1) {
      const lock = FileLock.tryLock(path, "a");
      if (lock !== undefined) return lock;
      await this.#scheduler.sleep(lockPauseMs, new AbortController().signal);
    }
    throw new Error(`${path} is held by another process`);
  }
}
