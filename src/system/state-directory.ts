import type { Scheduler } from "../base/scheduler.ts";
import type { Disk } from "../disk/disk.ts";
import type {
  CrashRecords,
  LeftBehind,
  LeftBehindRecords,
} from "../election/ports/crash-records.ts";
import { DiskError } from "../disk/disk-error.ts";
import { LocalDisk } from "../disk/local-disk.ts";
import { SharedFile } from "./shared-file.ts";
import { KernelLocks, type StateLock, type StateLocks } from "./state-locks.ts";

const lockEnding = ".lock";
const recordEnding = ".json";
/** The file that takes the place of our record. */
const temporaryEnding = ".tmp";
/** The file that takes the place of a shared one. */
const sharedEnding = ".shared.tmp";
/** The shape of our lock files' names: a stranger's file that ends alike must not be removed. */
const lockName = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.lock$/;
/** More than a record can need; a larger one is none of ours. */
const largestRecordBytes = 64 * 1024;
/** How many records of dead processes are held before one of them is dealt with. */
const heldAtFirst = 8;

/** The directory cannot serve; the message says why. */
export class StateDirectoryError extends Error {
  override readonly name = "StateDirectoryError";
  readonly code = "unusable";
}

/**
 * A directory in which each process keeps one record, next to a lock file that it holds as long as
 * it lives.
 *
 * - I1. A process that finds another's lock free knows that the other is dead, and may deal with
 *   its record.
 * - I2. A lock file is never replaced. The holder of its lock alone removes it, after all that
 *   stands beside it.
 * - I3. A free lock proves something only under the start of the kernel, and on the lock file, that
 *   its record names.
 */
export class StateDirectory implements CrashRecords, AsyncDisposable {
  readonly #disk: Disk;
  readonly #locks: StateLocks;
  readonly #own: OwnLock;
  /** Fulfilled when no record is being written any more. */
  #written: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, locks: StateLocks, own: OwnLock) {
    this.#disk = disk;
    this.#locks = locks;
    this.#own = own;
  }

  /** Opens a directory of this machine. See `on`. */
  static async open(path: string): Promise<StateDirectory> {
    return await StateDirectory.on(new LocalDisk(path, "own-user"), new KernelLocks(path));
  }

  /**
   * Makes the directory if need be, and takes a lock of our own. Rejects with StateDirectoryError.
   * @param locks those of the directory that `disk` stands for
   */
  static async on(disk: Disk, locks: StateLocks): Promise<StateDirectory> {
    try {
      await disk.makeDirectory();
      await locks.inspect();
      return new StateDirectory(disk, locks, await lockAnew(disk, locks));
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError(`${disk.path}: ${cause}`, { cause: error });
    }
  }

  /** The descriptor of our lock, which is free once no process has it open any more. */
  get lockDescriptor(): number {
    return this.#own.lock.descriptor;
  }

  /**
   * Remembers `record` in place of the one before; of several calls the last one counts. A record
   * need not survive the kernel, so it is not flushed. Rejects with DiskError, and with Error when
   * our lock file was removed or replaced: then nobody could tell any more whether we live.
   */
  async remember(record: string): Promise<void> {
    const { name, lock, bootId } = this.#own;
    const writing = this.#written.then(async () => {
      if (!lock.isInPlace) throw new Error(`${name}${lockEnding} is gone`);
      await write(this.#disk, name, { bootId, lock: lock.identity }, record);
    });
    this.#written = writing.catch(() => undefined);
    await writing;
  }

  /** A file of the directory that its processes share; `name` must not end as records do. */
  sharedFile(name: string, scheduler: Scheduler): SharedFile {
    const temporary = this.#own.name + sharedEnding;
    return new SharedFile({ disk: this.#disk, locks: this.#locks, scheduler, name, temporary });
  }

  /** The records of dead processes of this start of the kernel, held by the locks beside them. */
  async leftBehind(told: (detail: string) => void): Promise<LeftBehindRecords> {
    const rest = this.#takenOneByOne(told);
    const next = async (): Promise<LeftBehind | undefined> =>
      (await rest.next()).value ?? undefined;
    const first: LeftBehind[] = [];
    while (first.length < heldAtFirst) {
      const left = await next();
      if (left === undefined) break;
      first.push(left);
    }
    return { first, next };
  }

  async *#takenOneByOne(told: (detail: string) => void): AsyncGenerator<LeftBehind, void> {
    for (const name of await this.#otherNames(told)) {
      const left = await this.#examine(name, told);
      if (left !== undefined) yield left;
    }
  }

  /** Removes our own record and lock: nothing is left to deal with. Idempotent; never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    // Where it cannot be removed, the next process finds that there is nothing to release.
    await this.#remove(this.#own.name, () => undefined);
    this.#own.lock[Symbol.dispose]();
  }

  async #otherNames(told: (detail: string) => void): Promise<readonly string[]> {
    const names: string[] = [];
    try {
      for await (const batch of this.#disk.names()) {
        for (const file of batch) names.push(...(lockName.exec(file)?.slice(1) ?? []));
      }
    } catch (error) {
      told(`${this.#disk.path} cannot be read: ${String(error)}`);
    }
    return names.filter((name) => name !== this.#own.name);
  }

  async #examine(name: string, told: (detail: string) => void): Promise<LeftBehind | undefined> {
    try {
      const lock = this.#locks.tryLock(`${name}${lockEnding}`);
      if (lock === undefined) return undefined;
      const record = await this.#read(name, { bootId: this.#own.bootId, lock: lock.identity });
      if (record.kind === "readable") {
        return {
          record: record.text,
          forget: async () => {
            await this.#remove(name, told);
            lock[Symbol.dispose]();
          },
          keep: () => lock[Symbol.dispose](),
        };
      }
      // A process that died before it had anything to remember.
      if (record.kind === "nothing") await this.#remove(name, told);
      else told(`${this.#recordOf(name)} is left alone: ${record.why}`);
      lock[Symbol.dispose]();
    } catch (error) {
      // Somebody else has dealt with it since the directory was read.
      if (!isMissing(error)) told(`${this.#recordOf(name)} is left alone: ${String(error)}`);
    }
    return undefined;
  }

  async #read(name: string, origin: Origin): Promise<Reading> {
    try {
      const text = await this.#disk.read(`${name}${recordEnding}`, largestRecordBytes);
      return text === undefined ? { kind: "nothing" } : understand(text, origin);
    } catch (error) {
      return { kind: "unusable", why: whyUnreadable(error) };
    }
  }

  #recordOf(name: string): string {
    return `${this.#disk.path}/${name}${recordEnding}`;
  }

  /** The lock file goes last: as long as it is there, its holder answers for the rest. */
  async #remove(name: string, told: (detail: string) => void): Promise<void> {
    try {
      for (const ending of [temporaryEnding, sharedEnding, recordEnding, lockEnding]) {
        await this.#disk.remove(name + ending);
      }
    } catch (error) {
      told(`${this.#recordOf(name)} cannot be removed: ${String(error)}`);
    }
  }
}

/** The lock that this process holds, under the start of the kernel at which it was taken. */
interface OwnLock {
  /** The names of lock file and record begin with it. */
  readonly name: string;
  readonly lock: StateLock;
  readonly bootId: string;
}

/** The origin of a record: elsewhere a free lock says nothing about the record's writer. */
interface Origin {
  readonly bootId: string;
  /** The identity of the lock file beside it. */
  readonly lock: string;
}

/**
 * Takes the lock that says that we live. It appears when it is locked, and when its record stands:
 * one that was found free would be taken for a dead process's, and one without a record does not
 * say whose locks reach it; where that of another machine does not, the same would happen.
 */
async function lockAnew(disk: Disk, locks: StateLocks): Promise<OwnLock> {
  const bootId = locks.bootId();
  const name = locks.freshName();
  const lock = locks.makeLock(`${name}${lockEnding}`);
  if (lock === undefined) throw new Error("no lock can be had on a new file of it");
  try {
    await write(disk, name, { bootId, lock: lock.identity }, null);
    lock.place();
    return { name, lock, bootId };
  } catch (error) {
    // A full disk may fail one start after the other, so none leaves anything.
    for (const ending of [temporaryEnding, recordEnding]) await disk.remove(name + ending);
    lock[Symbol.dispose]();
    throw error;
  }
}

/** @param record null as long as there is nothing to remember */
async function write(
  disk: Disk,
  name: string,
  origin: Origin,
  record: string | null,
): Promise<void> {
  const content = JSON.stringify({ ...origin, record });
  await disk.replace(`${name}${recordEnding}`, `${name}${temporaryEnding}`, content);
}

type Reading =
  | { readonly kind: "readable"; readonly text: string }
  /** The process had remembered nothing yet. */
  | { readonly kind: "nothing" }
  | { readonly kind: "unusable"; readonly why: string };

/** Why a record cannot be read: for people, who are told its path beside it. */
function whyUnreadable(error: unknown): string {
  const code = error instanceof DiskError ? error.code : undefined;
  if (code === "not-a-file") return "it is not a regular file";
  if (code === "too-large") return "it is too large";
  return error instanceof Error ? error.message : String(error);
}

/** Whether the system says that a file is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function understand(text: string, { bootId, lock }: Origin): Reading {
  try {
    const value = JSON.parse(text) as { [field: string]: unknown } | null;
    const record = value?.["record"];
    if (typeof value?.["bootId"] !== "string" || (typeof record !== "string" && record !== null)) {
      return { kind: "unusable", why: "it is no record of ours" };
    }
    if (value["bootId"] !== bootId) return { kind: "unusable", why: "it is of another boot" };
    // In a copy of the directory every lock is free, though their holders may live.
    if (value["lock"] !== lock) return { kind: "unusable", why: "it is a copy, or its lock is" };
    return record === null ? { kind: "nothing" } : { kind: "readable", text: record };
  } catch {
    return { kind: "unusable", why: "it is damaged" };
  }
}
