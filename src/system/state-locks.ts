import { readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { FileLock } from "./file-lock.ts";

/** A lock that says that its holder lives. */
export interface StateLock extends Disposable {
  /** Tells the lock file from a copy of it, and from a later file in its place. */
  readonly identity: string;
  /** Whether the lock file is where others look for it. */
  readonly isInPlace: boolean;
  /** The descriptor of the lock file: a process that inherits it holds the lock with us. */
  readonly descriptor: number;
}

/** A lock of which nobody knows before it is put into its place. */
export interface NewStateLock extends StateLock {
  place(): void;
}

/**
 * The locks beside the files of a state directory, and the kernel that holds them: a lock that can
 * be had proves that its holder is dead, as long as that kernel runs. Everything is done at once,
 * on the loop, but for `inspect`.
 */
export interface StateLocks {
  /** Rejects when others may write to the directory, or when locks in it prove nothing. */
  inspect(): Promise<void>;
  /** The name of this start of the kernel: another one has another. */
  bootId(): string;
  /** A UUID that nobody has used before. */
  freshName(): string;
  /** Locks a file that exists. See `FileLock.tryLock`. */
  tryLock(file: string): StateLock | undefined;
  /** Locks a file, which is made where it is missing. See `FileLock.tryLock`. */
  tryLockOrMake(file: string): StateLock | undefined;
  /** Makes a lock file that nobody sees yet. See `FileLock.make`. */
  makeLock(file: string): NewStateLock | undefined;
}

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

/** The locks of this machine's kernel. */
export class KernelLocks implements StateLocks {
  readonly #path: string;
  /** The type of the file system, as statfs(2) tells it; known once it is inspected. */
  #fileSystem: number | undefined;

  /** @param path of the directory with the lock files */
  constructor(path: string) {
    this.#path = path;
  }

  async inspect(): Promise<void> {
    refuseOthers(statSync(this.#path));
    const { type } = await statfs(this.#path);
    this.#fileSystem = type;
    const network = networkFileSystems[type];
    if (network !== undefined) throw new Error(`it is on ${network}, whose locks prove nothing`);
  }

  bootId(): string {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  }

  freshName(): string {
    return crypto.randomUUID();
  }

  tryLock(file: string): StateLock | undefined {
    return this.#stateLock(FileLock.tryLock(join(this.#path, file), "existing"));
  }

  tryLockOrMake(file: string): StateLock | undefined {
    return this.#stateLock(FileLock.tryLock(join(this.#path, file), "either"));
  }

  makeLock(file: string): NewStateLock | undefined {
    return this.#stateLock(FileLock.make(join(this.#path, file)));
  }

  #stateLock(lock: FileLock | undefined): NewStateLock | undefined {
    if (lock === undefined) return undefined;
    const { device, file } = lock.identity;
    // The device of a container's own file system is another after every restart.
    const identity = this.#fileSystem === overlay ? file : `${device}:${file}`;
    return {
      identity,
      descriptor: lock.descriptor,
      get isInPlace() {
        return lock.isInPlace;
      },
      place: () => lock.place(),
      [Symbol.dispose]: () => lock[Symbol.dispose](),
    };
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
