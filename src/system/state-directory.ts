import { LocalState, type StateMedium } from "./state-medium.ts";

const lockEnding = ".lock";
const recordEnding = ".json";
/** How our lock files are named: a stranger's file that ends alike must not be removed. */
const lockName = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.lock$/;
/** More than a record can need; what is larger is none of ours. */
const largestRecordBytes = 64 * 1024;

/** What a process left behind. Its lock is held until one of the two is called. */
export interface LeftBehind {
  /** What the process had remembered last. */
  readonly record: string;
  /** Removes it: it is dealt with. */
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
  readonly #lock: Disposable;
  /** Of this start of the kernel: a lock says nothing about processes of an earlier one. */
  readonly #bootId: string;

  private constructor(medium: StateMedium, name: string, lock: Disposable, bootId: string) {
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
      // The record comes first: a lock file without one says nothing about whose lock would reach
      // it, and where that of another machine does not, it would be taken for a dead process's.
      write(medium, name, bootId, null);
      return new StateDirectory(medium, name, lockAnew(medium, name), bootId);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError(`${medium.path}: ${cause}`, { cause: error });
    }
  }

  /**
   * Remembers `record` in place of what was remembered before, readable by our user only. It need
   * not survive the kernel, so it is not flushed. Throws what the file system throws.
   */
  remember(record: string): void {
    write(this.#medium, this.#name, this.#bootId, record);
  }

  /**
   * What dead processes of this start of the kernel left behind, each with its lock held.
   * @param told hears of what is left alone, and why: for people
   */
  leftBehind(told: (detail: string) => void): readonly LeftBehind[] {
    const names = this.#medium
      .names()
      .flatMap((file) => lockName.exec(file)?.[1] ?? [])
      .filter((name) => name !== this.#name);
    return names.flatMap((name) => this.#examine(name, told) ?? []);
  }

  /** Removes our own record and lock: nothing is left to deal with. Idempotent. */
  [Symbol.dispose](): void {
    this.#remove(this.#name);
    this.#lock[Symbol.dispose]();
  }

  #examine(name: string, told: (detail: string) => void): LeftBehind | undefined {
    try {
      const lock = this.#medium.tryLock(`${name}${lockEnding}`, "r");
      if (lock === undefined) return undefined;
      const record = this.#read(name);
      if (record.kind === "readable") {
        return {
          record: record.text,
          forget: () => {
            this.#remove(name);
            lock[Symbol.dispose]();
          },
          keep: () => lock[Symbol.dispose](),
        };
      }
      // A process that died before it had anything to remember, or with an earlier kernel.
      if (record.kind === "nothing") this.#remove(name);
      else told(`${this.#recordOf(name)} is left alone: ${record.why}`);
      lock[Symbol.dispose]();
    } catch (error) {
      told(`${this.#recordOf(name)} is left alone: ${String(error)}`);
    }
    return undefined;
  }

  #read(name: string): Reading {
    try {
      const text = this.#medium.read(`${name}${recordEnding}`, largestRecordBytes);
      if (text !== undefined) return understand(text, this.#bootId);
      return { kind: "nothing" };
    } catch (error) {
      return { kind: "unusable", why: error instanceof Error ? error.message : String(error) };
    }
  }

  #recordOf(name: string): string {
    return `${this.#medium.path}/${name}${recordEnding}`;
  }

  /** The lock file goes last: as long as it is there, its holder answers for the rest. */
  #remove(name: string): void {
    this.#medium.remove(`${name}.tmp`);
    this.#medium.remove(`${name}${recordEnding}`);
    this.#medium.remove(`${name}${lockEnding}`);
  }
}

/** Takes the lock that says that we live, or takes back what was written for it. */
function lockAnew(medium: StateMedium, name: string): Disposable {
  let lock: Disposable | undefined;
  try {
    lock = medium.tryLock(`${name}${lockEnding}`, "ax");
    if (lock !== undefined) return lock;
    throw new Error("its new lock file was taken by somebody else");
  } finally {
    if (lock === undefined) medium.remove(`${name}${recordEnding}`);
  }
}

/** @param record null as long as there is nothing to remember */
function write(medium: StateMedium, name: string, bootId: string, record: string | null): void {
  medium.replace(`${name}${recordEnding}`, `${name}.tmp`, JSON.stringify({ bootId, record }));
}

type Reading =
  | { readonly kind: "readable"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "unusable"; readonly why: string };

function understand(text: string, ownBootId: string): Reading {
  try {
    const value = JSON.parse(text) as { bootId?: unknown; record?: unknown } | null;
    const { bootId, record } = value ?? {};
    if (typeof bootId !== "string" || (typeof record !== "string" && record !== null)) {
      return { kind: "unusable", why: "it is no record of ours" };
    }
    if (bootId !== ownBootId) return { kind: "unusable", why: "it is of another boot" };
    return record === null ? { kind: "nothing" } : { kind: "readable", text: record };
  } catch {
    return { kind: "unusable", why: "it is damaged" };
  }
}
