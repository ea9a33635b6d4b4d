import { constants } from "node:fs";
import { mkdir, open, opendir, rename, stat } from "node:fs/promises";
import { dirname, join, resolve as absolute } from "node:path";
import type { Disk } from "./disk.ts";

/** How many names one batch holds: a read of a huge directory gives way in between. */
const namesPerBatch = 512;

/**
 * The disk of this machine.
 *
 * Content goes through `Bun.write` and `Bun.file`, Bun's own storage. They cannot flush, rename or
 * list, and a file that was not flushed may be empty after a power cut: these three go through
 * node:fs. Flushing through a second descriptor is sound on Linux, where fsync covers the file and
 * not the descriptor. Source: fsync(2)
 */
export class LocalDisk implements Disk {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async makeDirectory(): Promise<void> {
    const topmost = await mkdir(this.path, { recursive: true });
    if (topmost === undefined) return;
    // A name is on the medium when its directory is: else a power cut could take ours away with
    // all that was flushed into it.
    const first = dirname(absolute(topmost));
    let above = absolute(this.path);
    do {
      above = dirname(above);
      await flush(above, constants.O_RDONLY | constants.O_DIRECTORY);
    } while (above !== first);
  }

  async *names(): AsyncIterable<readonly string[]> {
    let batch: string[] = [];
    for await (const entry of await opendir(this.path, { bufferSize: namesPerBatch })) {
      if (entry.isDirectory()) continue;
      batch.push(entry.name);
      if (batch.length < namesPerBatch) continue;
      yield batch;
      batch = [];
      // What was read ahead comes without a turn of the loop in between.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    yield batch;
  }

  async writeDurably(name: string, content: string): Promise<void> {
    const path = join(this.path, name);
    // As a Blob, because Bun writes a short string on the loop's own thread: a disk that hangs
    // would stall the lease's renewals with it. Opened meanwhile, by whoever comes first: each turn
    // of the thread pool costs about as much as the flush of such a file.
    const [writing, opening] = await Promise.allSettled([
      Bun.write(path, new Blob([content]), { createPath: false }),
      open(path, constants.O_WRONLY | constants.O_CREAT),
    ]);
    if (opening.status === "rejected") throw opening.reason;
    const handle = opening.value;
    try {
      if (writing.status === "rejected") throw writing.reason;
      await handle.sync();
    } finally {
      // A flushed file has nothing left to tell: nobody waits for this.
      handle.close().catch(() => undefined);
    }
  }

  async publish(temporary: string, final: string): Promise<void> {
    await rename(join(this.path, temporary), join(this.path, final));
    await flush(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  async modifiedAt(name: string): Promise<Date | undefined> {
    try {
      return (await stat(join(this.path, name))).mtime;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await Bun.file(join(this.path, name)).delete();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function flush(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
