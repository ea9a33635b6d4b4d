import { read, write } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { DiskFile } from "./disk-file.ts";
import { DiskError } from "./disk-error.ts";

/** What the disk of this machine does with the errors of its system calls. */
type Translate = <Result>(promise: Promise<Result>) => Promise<Result>;

/**
 * A file of this machine, opened with O_DSYNC: a write resolves when the medium has it. It goes
 * through `fs.write`, which was the fastest way that keeps off the loop (docs/benchmarks-log.md).
 */
export class LocalFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #translate: Translate;
  #size: number;

  constructor(handle: FileHandle, size: number, translate: Translate) {
    this.#handle = handle;
    this.#size = size;
    this.#translate = translate;
  }

  get size(): number {
    return this.#size;
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - offset)));
    let done = 0;
    while (done < bytes.length) {
      const count = await this.#translate(this.#read(bytes, done, offset + done));
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const count = await this.#translate(this.#write(bytes, done, offset + done));
      if (count === 0) throw new DiskError("other", "a write took no byte");
      done += count;
    }
    this.#size = Math.max(this.#size, offset + bytes.length);
  }

  async close(): Promise<void> {
    await this.#translate(this.#handle.close());
  }

  #read(bytes: Uint8Array, done: number, position: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    read(this.#handle.fd, bytes, done, bytes.length - done, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
    return promise;
  }

  #write(bytes: Uint8Array, done: number, position: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(this.#handle.fd, bytes, done, bytes.length - done, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
    return promise;
  }
}
