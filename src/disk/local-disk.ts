import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, rename, unlink } from "node:fs/promises";
import { dirname, join, resolve as absolute } from "node:path";
import type { Disk } from "./disk.ts";
import { DiskError, type DiskErrorCode } from "./disk-error.ts";
import type { DiskFile } from "./disk-file.ts";
import { LocalFile } from "./local-file.ts";

/** How many names one batch holds: a read of a huge directory gives way in between. */
const namesPerBatch = 512;

/** Who may read what is written: this user alone, or all that the process's umask leaves. */
type DiskAccess = "own-user" | "by-umask";

const modes = {
  "own-user": { directory: 0o700, file: 0o600 },
  "by-umask": { directory: 0o777, file: 0o666 },
} as const;

/** Fails where anything has the name, a link that leads nowhere included. Source: open(2) */
const writingNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
/** Fails at a link, and waits for no pipe's other end. Source: open(2) */
const readingPlainly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Each write waits for the medium. Source: open(2) */
const writingThrough = constants.O_RDWR | constants.O_DSYNC;
const creatingThrough = writingThrough | constants.O_CREAT | constants.O_EXCL;
const openingThrough = writingThrough | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const readingDirectory = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * The disk of this machine.
 *
 * Content goes through `Bun.write` and `Bun.file`, Bun's own storage. They cannot flush, rename or
 * list, and they follow a link under the name that they are given: so these three go through
 * node:fs, and so does every opening, whose descriptor Bun then reads or writes.
 */
export class LocalDisk implements Disk {
  readonly path: string;
  readonly #mode: { readonly directory: number; readonly file: number };

  constructor(path: string, access: DiskAccess = "by-umask") {
    this.path = path;
    this.#mode = modes[access];
  }

  async makeDirectory(): Promise<void> {
    const mode = this.#mode.directory;
    const topmost = await translated(mkdir(this.path, { recursive: true, mode }), makingCodes);
    if (topmost === undefined) return;
    // A name is on the medium when its directory is: else a power cut could take ours away with
    // all that was flushed into it.
    const first = dirname(absolute(topmost));
    let above = absolute(this.path);
    do {
      above = dirname(above);
      await flushDirectory(open(above, readingDirectory));
    } while (above !== first);
  }

  async *names(): AsyncIterable<readonly string[]> {
    let batch: string[] = [];
    const directory = await translated(opendir(this.path, { bufferSize: namesPerBatch }));
    try {
      for await (const entry of directory) {
        if (entry.isDirectory()) continue;
        batch.push(entry.name);
        if (batch.length < namesPerBatch) continue;
        yield batch;
        batch = [];
        // What was read ahead comes without a turn of the loop in between.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      throw diskError(error);
    }
    yield batch;
  }

  async read(name: string, mostBytes: number): Promise<string | undefined> {
    const path = this.#pathOf(name);
    const handle = await this.#openPlain(name, readingPlainly);
    if (handle === undefined) return undefined;
    try {
      const status = await translated(handle.stat());
      if (!status.isFile()) throw notAFile(path);
      if (status.size > mostBytes) throw new DiskError("too-large", `${path} is too large`);
      return await translated(Bun.file(handle.fd).slice(0, mostBytes).text());
    } finally {
      closeBehind(handle);
    }
  }

  async writeDurably(name: string, content: string): Promise<void> {
    const handle = await this.#write(name, content);
    try {
      await translated(handle.sync());
    } finally {
      closeBehind(handle);
    }
  }

  async publish(temporary: string, final: string): Promise<void> {
    // Opened meanwhile: each turn of the thread pool costs about as much as a flush.
    const opening = open(this.path, readingDirectory);
    const renaming = rename(this.#pathOf(temporary), this.#pathOf(final));
    const [renamed] = await Promise.allSettled([renaming, opening]);
    if (renamed.status === "rejected") {
      await opening.then(closeBehind, () => undefined);
      throw diskError(renamed.reason);
    }
    await flushDirectory(opening);
  }

  async replace(name: string, temporary: string, content: string): Promise<void> {
    closeBehind(await this.#write(temporary, content));
    await translated(rename(this.#pathOf(temporary), this.#pathOf(name)));
  }

  async createFile(name: string): Promise<DiskFile> {
    const handle = await translated(this.#openNew(this.#pathOf(name), creatingThrough));
    return new LocalFile(handle, 0, translated);
  }

  async openFile(name: string): Promise<DiskFile | undefined> {
    const handle = await this.#openPlain(name, openingThrough);
    if (handle === undefined) return undefined;
    try {
      const status = await translated(handle.stat());
      if (!status.isFile()) throw notAFile(this.#pathOf(name));
      return new LocalFile(handle, status.size, translated);
    } catch (error) {
      closeBehind(handle);
      throw error;
    }
  }

  async modifiedAt(name: string): Promise<Date | undefined> {
    const status = await unlessMissing(translated(lstat(this.#pathOf(name))));
    return status?.mtime;
  }

  async remove(name: string): Promise<void> {
    await unlessMissing(translated(Bun.file(this.#pathOf(name)).delete()));
  }

  #pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Undefined when nothing is there. */
  async #openPlain(name: string, flags: number): Promise<FileHandle | undefined> {
    const path = this.#pathOf(name);
    try {
      return await open(path, flags);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT") return undefined;
      // A link, and a socket. Source: open(2)
      if (errno === "ELOOP" || errno === "ENXIO") throw notAFile(path);
      throw diskError(error);
    }
  }

  /** Writes a new file, in place of whatever has the name. The caller closes it. */
  async #write(name: string, content: string): Promise<FileHandle> {
    const handle = await translated(this.#openNew(this.#pathOf(name), writingNew));
    try {
      // As a Blob, because Bun writes a short string on the loop's own thread: a disk that hangs
      // would stall the lease's renewals with it.
      await translated(Bun.write(Bun.file(handle.fd), new Blob([content])));
      return handle;
    } catch (error) {
      closeBehind(handle);
      throw error;
    }
  }

  async #openNew(path: string, flags: number): Promise<FileHandle> {
    try {
      return await open(path, flags, this.#mode.file);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    // Written to as it is, it could be a link to anything, or another name of any file.
    await unlink(path);
    return await open(path, flags, this.#mode.file);
  }
}

async function flushDirectory(opening: Promise<FileHandle>): Promise<void> {
  const handle = await translated(opening);
  try {
    await translated(handle.sync());
  } finally {
    closeBehind(handle);
  }
}

/** Closes a file that has nothing left to tell: nobody waits for this. */
function closeBehind(handle: FileHandle): void {
  handle.close().catch(() => undefined);
}

/** Source: errno(3) */
const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read-only",
  EIO: "failing",
  ENOENT: "missing",
  EACCES: "not-permitted",
  EPERM: "not-permitted",
  ENOTDIR: "not-a-directory",
  EISDIR: "not-a-file",
};

/** Where a directory is made, these mean something else. Source: mkdir(2) */
const makingCodes: typeof codes = {
  EEXIST: "not-a-directory",
  EACCES: "may-not-make",
  EPERM: "may-not-make",
};

/** What `promise` gives, or the DiskError for its rejection. */
async function translated<Result>(
  promise: Promise<Result>,
  ownCodes: typeof codes = {},
): Promise<Result> {
  try {
    return await promise;
  } catch (error) {
    throw diskError(error, ownCodes);
  }
}

function diskError(error: unknown, ownCodes: typeof codes = {}): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || !(error instanceof Error)) return error;
  const code = ownCodes[errno] ?? codes[errno] ?? "other";
  return new DiskError(code, error.message, { errno, cause: error });
}

/** The name of the system's error; undefined for any other, a DiskError included. */
function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof DiskError) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function notAFile(path: string): DiskError {
  return new DiskError("not-a-file", `${path} is not a regular file`);
}

async function unlessMissing<Result>(promise: Promise<Result>): Promise<Result | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof DiskError && error.code === "missing") return undefined;
    throw error;
  }
}
