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
  /** See `FileLock.tryLock`; throws too when it is no regular file. */
  tryLock(file: string, flags: "r" | "ax"): Disposable | undefined;
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
};

/** The mode bits of group and others that must not be set. */
const writableByOthers = 0o022;

/** A directory of this machine, and its kernel. */
export class LocalState implements StateMedium {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async prepare(): Promise<void> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    if ((statSync(this.path).mode & writableByOthers) !== 0) {
      throw new Error("others may write to it, and could plant records; chmod go-w");
    }
    const { type } = await statfs(this.path);
    const network = networkFileSystems[type];
    if (network !== undefined) throw new Error(`it is on ${network}, whose locks prove nothing`);
  }

  bootId(): string {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  }

  freshName(): string {
    return randomUUID();
  }

  tryLock(file: string, flags: "r" | "ax"): FileLock | undefined {
    const path = join(this.path, file);
    // Opening anything else, such as a pipe, may never end.
    if (flags === "r" && !lstatSync(path).isFile()) {
      throw new Error("its lock is not a regular file");
    }
    return FileLock.tryLock(path, flags);
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
}
