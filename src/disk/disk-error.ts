/**
 * Why a disk has not done what it was asked for:
 *
 * - `full`: there is no room, or this user's share of it is used up.
 * - `read-only`: the file system takes no changes.
 * - `failing`: the medium could not read or write, and what it holds is uncertain from now on.
 * - `missing`: the file, or the directory, is not there.
 * - `not-permitted`: this user may not do it.
 * - `may-not-make`: this user may not make the directory.
 * - `not-a-directory`: the directory, or what is above it, is something else.
 * - `not-a-file`: something else lies under the name: a directory, a link, a pipe.
 * - `too-large`: the file holds more than the caller takes.
 * - `other`: the message tells.
 */
export type DiskErrorCode =
  | "full"
  | "read-only"
  | "failing"
  | "missing"
  | "not-permitted"
  | "may-not-make"
  | "not-a-directory"
  | "not-a-file"
  | "too-large"
  | "other";

/**
 * A disk has not done what it was asked for, or only a part of it. The message is the system's own
 * where a system call has failed.
 */
export class DiskError extends Error {
  readonly code: DiskErrorCode;
  /** The system's name of the error, such as ENOSPC; undefined where no system call failed. */
  readonly errno: string | undefined;

  constructor(code: DiskErrorCode, message: string, options: DiskErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errno = options.errno;
  }
}

interface DiskErrorOptions {
  readonly errno?: string;
  readonly cause?: unknown;
}
