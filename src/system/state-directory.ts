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
import { FileLock } from "./file-lock.ts";

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
  0x20030528: "OrangeFS",
  0x19830326: "BeeGFS",
  0x6b414653: "AFS",
  0x73757245: "Coda",
  0x786f4256: "a shared folder",
  0xbacbacbc: "a shared folder",
};

/** The file system of containers. Source: linux/magic.h, OVERLAYFS_SUPER_MAGIC */
const overlay = 0x794c7630;

/** The mode bits of group and others that must not be set. */
const writableByOthers = 0o022;

const lockEnding = ".lock";
const recordEnding = ".json";
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
  readonly #path: string;
  readonly #name: string;
  readonly #lock: FileLock;
  /** Of this start of the kernel: a lock says nothing about processes of an earlier one. */
  readonly #bootId: string;
  readonly #fileSystem: number;

  private constructor(path: string, name: string, lock: FileLock, surroundings: Surroundings) {
    this.#path = path;
    this.#name = name;
    this.#lock = lock;
    this.#bootId = surroundings.bootId;
    this.#fileSystem = surroundings.fileSystem;
  }

  /** Makes the directory if need be, and takes a lock of our own. Throws StateDirectoryError. */
  static async open(path: string): Promise<StateDirectory> {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      refuseOthers(statSync(path));
      const { type } = await statfs(path);
      const network = networkFileSystems[type];
      if (network !== undefined) throw new Error(`it is on ${network}, whose locks prove nothing`);
      const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
      const name = randomUUID();
      const lock = FileLock.make(join(path, `${name}${lockEnding}`));
      if (lock === undefined) throw new Error("no lock can be had on a new file of it");
      return new StateDirectory(path, name, lock, { bootId, fileSystem: type });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError(`${path}: ${cause}`, { cause: error });
    }
  }

  /**
   * Remembers `record` in place of what was remembered before, readable by our user only. It need
   * not survive the kernel, so it is not flushed. Throws what the file system throws, and when our
   * lock file was removed or replaced: then nobody could tell any more whether we live.
   */
  remember(record: string): void {
    if (!this.#lock.isInPlace) throw new Error(`${this.#lock.path} is gone`);
    const temporary = join(this.#path, `${this.#name}.tmp`);
    const content = JSON.stringify({ ...this.#originOf(this.#lock), record });
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, this.#recordOf(this.#name));
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
      return readdirSync(this.#path)
        .flatMap((file) => lockName.exec(file)?.[1] ?? [])
        .filter((name) => name !== this.#name);
    } catch (error) {
      told(`${this.#path} cannot be read: ${String(error)}`);
      return [];
    }
  }

  #examine(name: string, told: (detail: string) => void): LeftBehind | undefined {
    try {
      const lockPath = join(this.#path, `${name}${lockEnding}`);
      // Opening anything else, such as a pipe, may never end.
      if (!lstatSync(lockPath).isFile()) throw new Error("its lock is not a regular file");
      const lock = FileLock.tryLock(lockPath, "r");
      if (lock === undefined) return undefined;
      const record = this.#read(name, this.#originOf(lock));
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
      // A process that died before it had anything to remember, or with an earlier kernel.
      if (record.kind === "nothing") this.#remove(name, told);
      else told(`${this.#recordOf(name)} is left alone: ${record.why}`);
      lock[Symbol.dispose]();
    } catch (error) {
      // Somebody else has dealt with it since the directory was read.
      if (!isMissing(error)) told(`${this.#recordOf(name)} is left alone: ${String(error)}`);
    }
    return undefined;
  }

  #originOf(lock: FileLock): Origin {
    const { device, file } = lock.identity;
    // The device of a container's own file system is another after every restart.
    const isOverlay = this.#fileSystem === overlay;
    return { bootId: this.#bootId, lock: isOverlay ? file : `${device}:${file}` };
  }

  #read(name: string, origin: Origin): Reading {
    const path = this.#recordOf(name);
    let text: string;
    try {
      const status = lstatSync(path);
      if (!status.isFile()) return { kind: "unusable", why: "it is not a regular file" };
      if (status.size > largestRecordBytes) return { kind: "unusable", why: "it is too large" };
      text = readFileSync(path, "utf8");
    } catch (error) {
      return isMissing(error) ? { kind: "nothing" } : { kind: "unusable", why: String(error) };
    }
    return understand(text, origin);
  }

  #recordOf(name: string): string {
    return join(this.#path, `${name}${recordEnding}`);
  }

  /** The lock file goes last: as long as it is there, its holder answers for the rest. */
  #remove(name: string, told: (detail: string) => void): void {
    try {
      for (const ending of [".tmp", recordEnding, lockEnding]) {
        rmSync(join(this.#path, name + ending), { force: true });
      }
    } catch (error) {
      told(`${this.#recordOf(name)} cannot be removed: ${String(error)}`);
    }
  }
}

/** Throws when anybody but us and root could put something into the directory. */
function refuseOthers({ mode, uid }: { readonly mode: number; readonly uid: number }): void {
  if ((mode & writableByOthers) !== 0) {
    throw new Error("others may write to it, and could plant records; chmod go-w");
  }
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new Error(`it belongs to user ${uid}, who could plant records; run as that user`);
  }
}

interface Surroundings {
  readonly bootId: string;
  /** The type of the file system, as statfs(2) tells it. */
  readonly fileSystem: number;
}

/** Where a record comes from: if that is not here, a free lock says nothing about its writer. */
interface Origin {
  readonly bootId: string;
  /** The identity of the lock file beside it. */
  readonly lock: string;
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
    if (typeof value?.["bootId"] !== "string" || typeof record !== "string") {
      return { kind: "unusable", why: "it is no record of ours" };
    }
    if (value["bootId"] !== bootId) return { kind: "unusable", why: "it is of another boot" };
    // In a copy of the directory every lock is free, though their holders may live.
    if (value["lock"] !== lock) return { kind: "unusable", why: "it is a copy, or its lock is" };
    return { kind: "readable", text: record };
  } catch {
    return { kind: "unusable", why: "it is damaged" };
  }
}
