import { randomUUID } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Scheduler } from "../election/scheduler.ts";
import { FileLock } from "./file-lock.ts";
import { SharedFile } from "./shared-file.ts";

/**
 * File systems whose locks may outlive, or not reach, the machine that took them.
 * Source: statfs(2), linux/magic.h
 */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x00c36400: "Ceph",
  0x01021997: "9P",
  0x65735546: "FUSE",
  0x5346414f: "AFS",
  0x0bd00bd0: "Lustre",
  0x47504653: "GPFS",
  0x7461636f: "OCFS2",
  0x01161970: "GFS2",
};

/** The mode bits of group and others that must not be set. */
const writableByOthers = 0o022;

const lockEnding = ".lock";
const recordEnding = ".json";
/** What we write before it takes the place of a shared file. */
const sharedEnding = ".shared.tmp";
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
  readonly #path: string;
  readonly #name: string;
  readonly #lock: FileLock;
  /** Of this start of the kernel: a lock says nothing about processes of an earlier one. */
  readonly #bootId: string;

  private constructor(path: string, name: string, lock: FileLock, bootId: string) {
    this.#path = path;
    this.#name = name;
    this.#lock = lock;
    this.#bootId = bootId;
  }

  /** Makes the directory if need be, and takes a lock of our own. Throws StateDirectoryError. */
  static async open(path: string): Promise<StateDirectory> {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if ((statSync(path).mode & writableByOthers) !== 0) {
        throw new Error("others may write to it, and could plant records; chmod go-w");
      }
      const { type } = await statfs(path);
      const network = networkFileSystems[type];
      if (network !== undefined) throw new Error(`it is on ${network}, whose locks prove nothing`);
      const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
      const name = randomUUID();
      const lock = FileLock.tryLock(join(path, `${name}${lockEnding}`), "ax");
      if (lock === undefined) throw new Error("its new lock file was taken by somebody else");
      return new StateDirectory(path, name, lock, bootId);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError(`${path}: ${cause}`, { cause: error });
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
   * not survive the kernel, so it is not flushed. Throws what the file system throws.
   */
  remember(record: string): void {
    const temporary = join(this.#path, `${this.#name}.tmp`);
    const content = JSON.stringify({ bootId: this.#bootId, record });
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, this.#recordOf(this.#name));
  }

  /** A file of the directory that its processes share; `name` must not end as records do. */
  sharedFile(name: string, scheduler: Scheduler): SharedFile {
    const temporary = join(this.#path, this.#name + sharedEnding);
    return new SharedFile(join(this.#path, name), temporary, scheduler);
  }

  /**
   * What dead processes of this start of the kernel left behind, each with its lock held.
   * @param told hears of what is left alone, and why: for people
   */
  leftBehind(told: (detail: string) => void): readonly LeftBehind[] {
    const names = readdirSync(this.#path)
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
      const lockPath = join(this.#path, `${name}${lockEnding}`);
      // Opening anything else, such as a pipe, may never end.
      if (!lstatSync(lockPath).isFile()) throw new Error("its lock is not a regular file");
      const lock = FileLock.tryLock(lockPath, "r");
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
    const path = this.#recordOf(name);
    let text: string;
    try {
      const status = lstatSync(path);
      if (!status.isFile()) return { kind: "unusable", why: "it is not a regular file" };
      if (status.size > largestRecordBytes) return { kind: "unusable", why: "it is too large" };
      text = readFileSync(path, "utf8");
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      return missing ? { kind: "nothing" } : { kind: "unusable", why: String(error) };
    }
    return understand(text, this.#bootId);
  }

  #recordOf(name: string): string {
    return join(this.#path, `${name}${recordEnding}`);
  }

  /** The lock file goes last: as long as it is there, its holder answers for the rest. */
  #remove(name: string): void {
    rmSync(join(this.#path, `${name}.tmp`), { force: true });
    rmSync(join(this.#path, name + sharedEnding), { force: true });
    rmSync(this.#recordOf(name), { force: true });
    rmSync(join(this.#path, `${name}${lockEnding}`), { force: true });
  }
}

type Reading =
  | { readonly kind: "readable"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "unusable"; readonly why: string };

function understand(text: string, ownBootId: string): Reading {
  try {
    const value = JSON.parse(text) as { bootId?: unknown; record?: unknown } | null;
    if (typeof value?.bootId !== "string" || typeof value.record !== "string") {
      return { kind: "unusable", why: "it is no record of ours" };
    }
    if (value.bootId !== ownBootId) return { kind: "unusable", why: "it is of another boot" };
    return { kind: "readable", text: value.record };
  } catch {
    return { kind: "unusable", why: "it is damaged" };
  }
}
