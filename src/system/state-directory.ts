import { join } from "node:path";
import type { Scheduler } from "../base/scheduler.ts";
import { SharedFile } from "./shared-file.ts";
import { LocalState, type StateLock, type StateMedium } from "./state-medium.ts";

const lockEnding = ".lock";
const recordEnding = ".json";
/** What we write before it takes the place of our record. */
const temporaryEnding = ".tmp";
/** What we write before it takes the place of a shared file. */
const sharedEnding = ".shared.tmp";
/** How our lock files are named: a stranger's file that ends alike must not be removed. */
const lockName = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.lock$/;
/** More than a record can need; what is larger is none of ours. */
const largestRecordBytes = 64 * 1024;

/** What a process left behind. Its lock is held until one of the two is called; neither throws. */
export interface LeftBehind {
  /** What the process had remembered last. */
  readonly record: string;
  /** Removes it, where that can be done: it is dealt with. */
  forget(): void;
  /** Lets go of it: another process may try. */
  keep(): void;
}

/** The directory cannot serve; the message says why. */
export class StateDirectoryError extends Error {
  override readonly name = "StateDirectoryError";
  readonly code = "unusable";
}

/**
 * A directory in which each process keeps one record, next to a lock file that it holds as long as
 * it lives. A process that finds another's lock free knows that the other is dead, and may deal
 * with what it left. Lock files are never replaced, and removed only by who holds the lock.
 */
export class StateDirectory implements Disposable {
  readonly #medium: StateMedium;
  readonly #name: string;
  readonly #lock: StateLock;
  /** Of this start of the kernel: a lock says nothing about processes of an earlier one. */
  readonly #bootId: string;

  private constructor(medium: StateMedium, name: string, lock: StateLock, bootId: string) {
    this.#medium = medium;
    this.#name = name;
    this.#lock = lock;
    this.#bootId = bootId;
  }

  /** Makes the directory if need be, and takes a lock of our own. Throws StateDirectoryError. */
  static async open(path: string): Promise<StateDirectory> {
    return await StateDirectory.on(new LocalState(path));
  }

  /** The same on any medium. */
  static async on(medium: StateMedium): Promise<StateDirectory> {
    try {
      await medium.prepare();
      const bootId = medium.bootId();
      const name = medium.freshName();
      return new StateDirectory(medium, name, lockAnew(medium, name, bootId), bootId);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError(`${medium.path}: ${cause}`, { cause: error });
    }
  }

  /**
   * The descriptor of our lock. Whoever inherits it holds the lock with us, so that what we hold
   * is not given up before the last of us is gone.
   */
  get lockDescriptor(): number {
    return this.#lock.descriptor;
  }

  /**
   * Remembers `record` in place of what was remembered before, readable by our user only. It need
   * not survive the kernel, so it is not flushed. Throws what the file system throws, and when our
   * lock file was removed or replaced: then nobody could tell any more whether we live.
   */
  remember(record: string): void {
    if (!this.#lock.isInPlace) throw new Error(`${this.#name}${lockEnding} is gone`);
    write(this.#medium, this.#name, { bootId: this.#bootId, lock: this.#lock.identity }, record);
  }

  /** A file of the directory that its processes share; `name` must not end as records do. */
  sharedFile(name: string, scheduler: Scheduler): SharedFile {
    const { path } = this.#medium;
    return new SharedFile(join(path, name), join(path, this.#name + sharedEnding), scheduler);
  }

  /**
   * What dead processes of this start of the kernel left behind, each with its lock held from when
   * it is asked for: of very many, only those under way are open.
   * @param told hears of what is left alone, and why: for people
   */
  *leftBehind(told: (detail: string) => void): Generator<LeftBehind, void, undefined> {
    for (const name of this.#otherNames(told)) {
      const left = this.#examine(name, told);
      if (left !== undefined) yield left;
    }
  }

  /** Removes our own record and lock: nothing is left to deal with. Idempotent; never throws. */
  [Symbol.dispose](): void {
    // Where it cannot be removed, the next process finds that there is nothing to release.
    this.#remove(this.#name, () => undefined);
    this.#lock[Symbol.dispose]();
  }

  #otherNames(told: (detail: string) => void): readonly string[] {
    try {
      return this.#medium
        .names()
        .flatMap((file) => lockName.exec(file)?.[1] ?? [])
        .filter((name) => name !== this.#name);
    } catch (error) {
      told(`${this.#medium.path} cannot be read: ${String(error)}`);
      return [];
    }
  }

  #examine(name: string, told: (detail: string) => void): LeftBehind | undefined {
    try {
      const lock = this.#medium.tryLock(`${name}${lockEnding}`);
      if (lock === undefined) return undefined;
      const record = this.#read(name, { bootId: this.#bootId, lock: lock.identity });
      if (record.kind === "readable") {
        return {
          record: record.text,
          forget: () => {
            this.#remove(name, told);
            lock[Symbol.dispose]();
          },
          keep: () => lock[Symbol.dispose](),
        };
      }
      // A process that died before it had anything to remember.
      if (record.kind === "nothing") this.#remove(name, told);
      else told(`${this.#recordOf(name)} is left alone: ${record.why}`);
      lock[Symbol.dispose]();
    } catch (error) {
      // Somebody else has dealt with it since the directory was read.
      if (!isMissing(error)) told(`${this.#recordOf(name)} is left alone: ${String(error)}`);
    }
    return undefined;
  }

  #read(name: string, origin: Origin): Reading {
    try {
      const text = this.#medium.read(`${name}${recordEnding}`, largestRecordBytes);
      return text === undefined ? { kind: "nothing" } : understand(text, origin);
    } catch (error) {
      return { kind: "unusable", why: error instanceof Error ? error.message : String(error) };
    }
  }

  #recordOf(name: string): string {
    return `${this.#medium.path}/${name}${recordEnding}`;
  }

  /** The lock file goes last: as long as it is there, its holder answers for the rest. */
  #remove(name: string, told: (detail: string) => void): void {
    try {
      for (const ending of [temporaryEnding, sharedEnding, recordEnding, lockEnding]) {
        this.#medium.remove(name + ending);
      }
    } catch (error) {
      told(`${this.#recordOf(name)} cannot be removed: ${String(error)}`);
    }
  }
}

/** Where a record comes from: if that is not here, a free lock says nothing about its writer. */
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
function lockAnew(medium: StateMedium, name: string, bootId: string): StateLock {
  const lock = medium.makeLock(`${name}${lockEnding}`);
  if (lock === undefined) throw new Error("no lock can be had on a new file of it");
  try {
    write(medium, name, { bootId, lock: lock.identity }, null);
    lock.place();
    return lock;
  } catch (error) {
    // A full disk may fail one start after the other, so none leaves anything.
    for (const ending of [temporaryEnding, recordEnding]) medium.remove(name + ending);
    lock[Symbol.dispose]();
    throw error;
  }
}

/** @param record null as long as there is nothing to remember */
function write(medium: StateMedium, name: string, origin: Origin, record: string | null): void {
  medium.replace(
    `${name}${recordEnding}`,
    `${name}${temporaryEnding}`,
    JSON.stringify({ ...origin, record }),
  );
}

type Reading =
  | { readonly kind: "readable"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "unusable"; readonly why: string };

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
