import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";

/** Source: flock(2), sys/file.h */
const lockExclusively = 2;
const withoutWaiting = 4;

/** Fails at a link, and waits for no pipe's other end. Source: open(2) */
const plainly = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | plainly;
/** Which file is to be locked, as open(2) is told. */
const flagsOf = {
  existing: constants.O_RDONLY | plainly,
  new: appending | constants.O_EXCL,
  either: appending,
} as const;

/** What tells a file from every other. */
interface FileIdentity {
  /** The mounted file system. */
  readonly device: string;
  /** The file in it. */
  readonly file: string;
}

/**
 * An exclusive lock on a file. The kernel holds it for all that have the descriptor, and drops it
 * with the last of them: a lock that can be had proves that its former holder is gone.
 */
export class FileLock implements Disposable {
  #path: string;
  /** Where the file is to be, as long as it is not. */
  #place: string | undefined;
  readonly #descriptor: number;
  #held = true;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Locks the file, without waiting. Undefined when somebody else holds it, or when the file was
   * removed or replaced meanwhile: then the lock would be on a file that nobody else looks at.
   * Throws when the file cannot be opened, when it is no regular file (a link is not followed), or
   * when locks are not to be had on this system.
   * @param which a file that must exist, one that must not, or one that is made where it is missing
   */
  static tryLock(path: string, which: keyof typeof flagsOf): FileLock | undefined {
    const descriptor = openPlainFile(path, flagsOf[which]);
    try {
      if (!fstatSync(descriptor).isFile()) throw new Error(notAFile);
      if (flock(descriptor) && isStillAt(path, descriptor)) return new FileLock(path, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
    return undefined;
  }

  /** For a process that is to hold the lock with us: it inherits this. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /**
   * Makes the file and locks it, before anybody can see it: `place` gives it its name. Undefined
   * and Error: see tryLock.
   */
  static make(path: string): FileLock | undefined {
    // One that is killed before `place` leaves an empty file behind that nobody minds.
    const lock = FileLock.tryLock(`${path}.new`, "new");
    if (lock !== undefined) lock.#place = path;
    return lock;
  }

  /** Lets the file of `make` appear at its path. Throws what the file system throws. */
  place(): void {
    if (this.#place === undefined) return;
    renameSync(this.#path, this.#place);
    this.#path = this.#place;
    this.#place = undefined;
  }

  get path(): string {
    return this.#path;
  }

  /** Which file it is on. A copy of the file is another one, and so is a later one in its place. */
  get identity(): FileIdentity {
    const { dev, ino, birthtimeNs } = fstatSync(this.#descriptor, { bigint: true });
    return { device: dev.toString(), file: `${ino}:${birthtimeNs}` };
  }

  /** Whether the lock is found at its path still. */
  get isInPlace(): boolean {
    return this.#held && isStillAt(this.#path, this.#descriptor);
  }

  /** Lets go of the lock; a file that was never placed goes with it. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#place !== undefined) rmSync(this.#path, { force: true });
    closeSync(this.#descriptor);
  }
}

const notAFile = "its lock is not a regular file";

function openPlainFile(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // A link; a socket, or a pipe that nobody reads. Source: open(2)
    if (code === "ELOOP" || code === "ENXIO") throw new Error(notAFile, { cause: error });
    throw error;
  }
}

function isStillAt(path: string, descriptor: number): boolean {
  const locked = fstatSync(descriptor, { bigint: true });
  const present = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return present?.ino === locked.ino && present.dev === locked.dev;
}

/** Bun has no flock of its own, so it is the C library's. */
function flock(descriptor: number): boolean {
  // Loaded here, because a system without it must only lose this one feature.
  const { dlopen, FFIType } = require("bun:ffi") as typeof import("bun:ffi");
  const library = dlopen("libc.so.6", {
    flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  });
  try {
    return library.symbols.flock(descriptor, lockExclusively | withoutWaiting) === 0;
  } finally {
    library.close();
  }
}
