import type { Scheduler } from "../base/scheduler.ts";
import type { Disk } from "../disk/disk.ts";
import type { StateLock, StateLocks } from "./state-locks.ts";

/** The largest file that we write: a larger one is a stranger's. */
const largestBytes = 256 * 1024;
/** The holder of the lock reads and writes some kilobytes. */
const lockPauseMs = 5;
const lockRounds = 100;

interface SharedFileOptions {
  readonly disk: Disk;
  readonly locks: StateLocks;
  readonly scheduler: Scheduler;
  readonly name: string;
  /** The name of a file on which this process alone writes, see `Disk.replace`. */
  readonly temporary: string;
}

/** A small file that several processes replace, each time as a whole. */
export class SharedFile {
  readonly #options: SharedFileOptions;

  constructor(options: SharedFileOptions) {
    this.#options = options;
  }

  /** What it holds; undefined when it is missing. Rejects when it is no small, readable file. */
  async read(): Promise<string | undefined> {
    const { disk, name } = this.#options;
    return await disk.read(name, largestBytes);
  }

  /**
   * Puts what `change` makes in its place, not flushed. No other process does so between what
   * `change` reads and what it makes: all of them wait for a lock, half a second at most, and
   * reject then.
   */
  async update(
    change: (read: () => Promise<string | undefined>) => Promise<string>,
  ): Promise<void> {
    const { disk, name, temporary } = this.#options;
    using _lock = await this.#lock();
    await disk.replace(name, temporary, await change(() => this.read()));
  }

  /** Locks a file beside the shared one, which every change replaces with all its locks. */
  async #lock(): Promise<StateLock> {
    const { disk, locks, name, scheduler } = this.#options;
    const file = `${name}.lock`;
    for (let round = 0; round < lockRounds; round += 1) {
      const lock = locks.tryLockOrMake(file);
      if (lock !== undefined) return lock;
      await scheduler.sleep(lockPauseMs, new AbortController().signal);
    }
    throw new Error(`${disk.path}/${file} is held by another process`);
  }
}
