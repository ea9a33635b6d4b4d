import type { Disk } from "../disk/disk.ts";
import type { DiskFile } from "../disk/disk-file.ts";
import { DiskError, type DiskErrorCode } from "../disk/disk-error.ts";
import { type Segment, segmentHeader, segmentName } from "./segment.ts";

const spare = "spare";
const reserve = "reserve";
const zeros = new Uint8Array(1_048_576);

interface SpareOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly segmentBytes: number;
  /** Large enough for terms and votes as long as the disk is full. */
  readonly reserveBytes: number;
}

/**
 * The files of zeros that become segments: one spare, made in the background, and a small reserve
 * that is used when there is no room for another. Nothing that is durable hangs on their making.
 */
export class SpareSegments {
  readonly #options: SpareOptions;
  /** Why no spare could be made; undefined where one is there or under way. */
  trouble: DiskErrorCode | undefined;
  #spare: DiskFile | undefined;
  #reserve: DiskFile | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  /** Makes what is missing, beside the caller. It resolves when that is done, or cannot be. */
  async prepare(): Promise<void> {
    await this.#queue(async () => await this.#prepare());
  }

  /**
   * Makes a spare of a segment that nobody reads any more, or removes it where one is there.
   * Resolves to whether its name is gone, durably: until then no later segment may go.
   */
  async recycle(segment: Segment): Promise<boolean> {
    let isGone = false;
    await this.#queue(async () => {
      const { disk } = this.#options;
      await disk.publish(segment.name, `${spare}.new`);
      isGone = true;
      await segment.file.close();
      if (this.#spare === undefined) await this.#prepare();
      else await disk.remove(`${spare}.new`);
    });
    return isGone;
  }

  /**
   * A file of zeros of at least this size, under the name of a segment and with its header, all
   * durable. Undefined where there is no room; the reserve is tried last.
   */
  async take(
    number: number,
    firstFrame: number,
    leastBytes: number,
  ): Promise<DiskFile | undefined> {
    const { disk, directory, segmentBytes } = this.#options;
    await this.prepare();
    if (leastBytes > segmentBytes) {
      await this.#queue(async () => {
        await this.#spare?.close();
        this.#spare = undefined;
        this.#spare = await this.#zeroed(spare, leastBytes);
      });
    }
    const fromSpare = this.#spare !== undefined && this.#spare.size >= leastBytes;
    const file = fromSpare ? this.#spare : this.#reserve;
    if (file === undefined || file.size < leastBytes) return undefined;
    try {
      await file.writeAt(0, segmentHeader(directory, number, firstFrame));
      await disk.publish(fromSpare ? spare : reserve, segmentName(number));
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== "full") throw error;
      this.trouble = error.code;
      return undefined;
    }
    if (fromSpare) this.#spare = undefined;
    else this.#reserve = undefined;
    // The next one is made meanwhile. This never rejects.
    void this.prepare();
    return file;
  }

  async close(): Promise<void> {
    await this.#work;
    await this.#spare?.close();
    await this.#reserve?.close();
  }

  async #queue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(async () => {
      try {
        await work();
        this.trouble = undefined;
      } catch (error) {
        this.trouble = error instanceof DiskError ? error.code : "other";
      }
    });
    this.#work = done;
    await done;
  }

  async #prepare(): Promise<void> {
    const { segmentBytes, reserveBytes } = this.#options;
    // The reserve first: a vote matters more than an entry.
    this.#reserve ??= await this.#zeroed(reserve, reserveBytes);
    this.#spare ??= await this.#zeroed(spare, segmentBytes);
  }

  /** Zeros are written for real: a hole would take room, and a place, in the midst of a write. */
  async #zeroed(name: string, bytes: number): Promise<DiskFile> {
    const { disk } = this.#options;
    const temporary = `${name}.new`;
    // One that is there is used again: a full disk gives no other.
    const named = await disk.openFile(name);
    const file = named ?? (await disk.openFile(temporary)) ?? (await disk.createFile(temporary));
    try {
      for (let start = 0; start < bytes; start += zeros.length) {
        await file.writeAt(start, zeros.subarray(0, Math.min(zeros.length, bytes - start)));
      }
      const { size } = file;
      for (let start = bytes; start < size; start += zeros.length) {
        await file.writeAt(start, zeros.subarray(0, Math.min(zeros.length, size - start)));
      }
      if (named === undefined) await disk.publish(temporary, name);
      return file;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }
}
