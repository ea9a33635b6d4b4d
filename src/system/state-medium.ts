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

/** A lock that says that somebody lives. */
export interface StateLock extends Disposable {
  /** Of its file: that of a copy is another one, and so is that of a later file in its place. */
  readonly identity: string;
  /** Whether whoever looks for it at its place finds it. */
  readonly isInPlace: boolean;
  /** Whoever inherits it holds the lock with us. */
  readonly descriptor: number;
}

/** A lock of which nobody knows before it is put into its place. */
export interface NewStateLock extends StateLock {
  place(): void;
}

/** All that a state directory needs of its machine: plain files, locks, and the kernel's name. */
export interface StateMedium {
  /** Where it is: for people. */
  readonly path: string;
  /** Makes the directory if need be. Throws where others may write, or locks prove nothing. */
  prepare(): Promise<void>;
  /** Another one after every start of the kernel. */
  bootId(): string;
  /** A UUID that nobody has used before. */
  freshName(): string;
  /** See `FileLock.tryLock`, of a file that exists; throws too when it is no regular file. */
  tryLock(file: string): StateLock | undefined;
  /** See `FileLock.make`. */
  makeLock(file: string): NewStateLock | undefined;
  /** The names in the directory, in no order. */
  names(): readonly string[];
  /** Undefined when it is not there. Throws when it is no regular file, or too large. */
  read(file: string, mostBytes: number): string | undefined;
  /** Writes a file that only our user may read, by way of a temporary one. It is not flushed. */
  replace(file: string, temporary: string, content: string): void;
  /** Removes a file; one that is not there is no error. */
  remove(file: string): void;
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

/** A directory of this machine, and its kernel. */
export class LocalState implements StateMedium {
  readonly path: string;
  /** The type of the file system, as statfs(2) tells it; known once it is prepared. */
  #fileSystem: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  async prepare(): Promise<void> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    refuseOthers(statSync(this.path));
    const { type } = await statfs(this.path);
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
    const path = join(this.path, file);
    // Opening anything else, such as a pipe, may never end.
    if (!lstatSync(path).isFile()) throw new Error("its lock is not a regular file");
    return this.#stateLock(FileLock.tryLock(path, "r"));
  }

  makeLock(file: string): NewStateLock | undefined {
    return this.#stateLock(FileLock.make(join(this.path, file)));
  }

  names(): readonly string[] {
    return readdirSync(this.path);
  }

  read(file: string, mostBytes: number): string | undefined {
    const path = join(this.path, file);
    try {
      const status = lstatSync(path);
      if (!status.isFile()) throw new Error("it is not a regular file");
      if (status.size > mostBytes) throw new Error("it is too large");
      return readFileSync(path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  replace(file: string, temporary: string, content: string): void {
    writeFileSync(join(this.path, temporary), content, { mode: 0o600 });
    renameSync(join(this.path, temporary), join(this.path, file));
  }

  remove(file: string): void {
    rmSync(join(this.path, file), { force: true });
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
