import type { Disk } from "../../../src/disk/disk.ts";
import { DiskError } from "../../../src/disk/disk-error.ts";
import type { DiskFile } from "../../../src/disk/disk-file.ts";
import type { SimulatedDirectory, StoredFile } from "./simulated-directory.ts";
import type { DiskSteps } from "./disk-steps.ts";

/** What the referee is told of: before a step is asked for, and when it has taken effect. */
export interface DiskWitness {
  /** @param begunMs when the content of what is to be published was begun to be written */
  starts(step: "publish" | "remove", name: string, begunMs: number): void;
  lands(step: "publish" | "remove", name: string, displaced: StoredFile | undefined): void;
}

export interface SimulatedDiskOptions {
  /** Where it is, as people are told. */
  readonly path: string;
  readonly directory: SimulatedDirectory;
  readonly writer: string;
  /** The clock of the medium. */
  readonly now: () => number;
  /** When a step is taken that was asked for, and when it is heard of. */
  readonly steps: DiskSteps;
  readonly witness: DiskWitness;
}

const namesPerBatch = 64;

/** One process's view of a directory. Every step lands on its own. */
export class SimulatedDisk implements Disk {
  readonly path: string;
  readonly #options: SimulatedDiskOptions;
  #effects = 0;
  #begunMs = 0;
  readonly #awaitingFlush: (() => void)[] = [];

  constructor(options: SimulatedDiskOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** How many effects are under way that others could see: names given or taken. */
  get effects(): number {
    return this.#effects;
  }

  /** Calls `then` in the midst of the next flush of a file's content. */
  onceFlushing(then: () => void): void {
    this.#awaitingFlush.push(then);
  }

  async makeDirectory(): Promise<void> {
    await this.#step(() => {
      const { directory } = this.#options;
      if (directory.has("removed")) throw new DiskError("other", "EACCES: the parent is gone too");
      directory.isMade = true;
    });
  }

  async *names(): AsyncIterable<readonly string[]> {
    const { directory } = this.#options;
    const names = await this.#step(() => {
      this.#mustBeThere();
      return [...directory.files].flatMap(([name, { kind }]) => (kind === "directory" ? [] : name));
    });
    for (let start = 0; start < names.length || start === 0; start += namesPerBatch) {
      yield names.slice(start, start + namesPerBatch);
      if (start + namesPerBatch < names.length) await this.#step(() => undefined);
    }
  }

  async read(name: string, mostBytes: number): Promise<string | undefined> {
    return await this.#step(() => {
      const file = this.#options.directory.files.get(name);
      if (file === undefined) return undefined;
      if (file.kind !== "file") throw new DiskError("not-a-file", `${name} is not a regular file`);
      if (Buffer.byteLength(file.content) <= mostBytes) return file.content;
      throw new DiskError("too-large", `${name} is too large`);
    });
  }

  async writeDurably(name: string, content: string): Promise<void> {
    const { directory, now, steps } = this.#options;
    this.#begunMs = now();
    const half = content.slice(0, content.length / 2);
    const begun = await this.#step(() => this.#writeNew(name, half));
    const file = await this.#step(() => {
      this.#mayWrite();
      if (directory.files.get(name) !== begun) return this.#writeNew(name, content);
      return Object.assign(begun, { content, flushed: false, modifiedMs: now() });
    });
    const flushing = this.#step(() => this.#flush(file));
    for (const then of this.#awaitingFlush.splice(0)) steps.meanwhile(then);
    await flushing;
  }

  async publish(temporary: string, final: string): Promise<void> {
    const { directory, witness } = this.#options;
    witness.starts("publish", final, this.#begunMs);
    await this.#effect(() => {
      const file = directory.files.get(temporary);
      // What was given its room before gets another name on a full disk, too.
      if (!directory.has("full") || file?.blocks === undefined) this.#mayWrite();
      if (file === undefined) throw new DiskError("missing", `ENOENT: ${temporary}`);
      const displaced = this.#replaced(final);
      directory.change({ taken: temporary, given: { name: final, file } });
      witness.lands("publish", final, displaced);
    });
    await this.#step(() => {
      this.#flush(undefined);
      directory.flush();
    });
  }

  async replace(name: string, temporary: string, content: string): Promise<void> {
    await this.#step(() => {
      const { directory } = this.#options;
      const file = this.#writeNew(temporary, content);
      this.#replaced(name);
      directory.change({ taken: temporary, given: { name, file } });
    });
  }

  async createFile(name: string): Promise<DiskFile> {
    return await this.#step(() => this.#fileOf(this.#writeNew(name, "")));
  }

  async openFile(name: string): Promise<DiskFile | undefined> {
    return await this.#step(() => {
      const file = this.#options.directory.files.get(name);
      if (file === undefined) return undefined;
      if (file.kind !== "file") throw new DiskError("not-a-file", `${name} is not a regular file`);
      return this.#fileOf(file);
    });
  }

  /** A write lands in two steps: readers see it after the first, and the medium has it at last. */
  #fileOf(file: StoredFile): DiskFile {
    const { directory } = this.#options;
    const blocks = directory.blocksOf(file);
    return {
      get size() {
        return blocks.size;
      },
      readAt: async (offset, length) =>
        await this.#step(() => {
          if (directory.has("read-fails")) throw new DiskError("failing", "EIO");
          return blocks.read(offset, length);
        }),
      writeAt: async (offset, bytes) => {
        const flush = await this.#step(() => {
          if (directory.has("read-only")) throw new DiskError("read-only", "EROFS");
          const grows = offset + bytes.length > blocks.size;
          if (directory.has("full") && grows) throw new DiskError("full", "ENOSPC");
          return blocks.write(offset, bytes);
        });
        await this.#step(() => {
          this.#flush(file);
          flush();
        });
      },
      close: async () => await this.#step(() => undefined),
    };
  }

  async modifiedAt(name: string): Promise<Date | undefined> {
    return await this.#step(() => {
      const file = this.#options.directory.files.get(name);
      return file === undefined ? undefined : new Date(file.modifiedMs);
    });
  }

  async remove(name: string): Promise<void> {
    const { directory, witness } = this.#options;
    witness.starts("remove", name, this.#begunMs);
    await this.#effect(() => {
      if (directory.has("read-only")) throw new DiskError("read-only", "EROFS");
      if (this.#replaced(name) === undefined) return;
      witness.lands("remove", name, directory.change({ taken: name }));
    });
  }

  async #effect(effect: () => void): Promise<void> {
    this.#effects += 1;
    try {
      await this.#step(effect);
    } finally {
      this.#effects -= 1;
    }
  }

  #step<Result>(effect: () => Result): Promise<Result> {
    return this.#options.steps.take(effect);
  }

  #mustBeThere(): void {
    const { directory } = this.#options;
    if (!directory.has("removed") && directory.isMade) return;
    throw new DiskError("missing", "ENOENT: the directory is gone");
  }

  #mayWrite(): void {
    const { directory } = this.#options;
    this.#mustBeThere();
    if (directory.has("read-only")) throw new DiskError("read-only", "EROFS");
    if (directory.has("full")) throw new DiskError("full", "ENOSPC");
  }

  /** A new file, in place of whatever has the name. */
  #writeNew(name: string, content: string): StoredFile {
    const { directory, writer, now } = this.#options;
    this.#mayWrite();
    this.#replaced(name);
    const file = directory.newFile(content, writer, now());
    directory.change({ given: { name, file } });
    return file;
  }

  /** What is under a name that is to be given anew, or taken: no directory. */
  #replaced(name: string): StoredFile | undefined {
    const file = this.#options.directory.files.get(name);
    if (file?.kind === "directory") throw new DiskError("not-a-file", `EISDIR: ${name}`);
    return file;
  }

  #flush(file: StoredFile | undefined): void {
    if (this.#options.directory.has("flush-fails")) throw new DiskError("failing", "EIO");
    if (file !== undefined) file.flushed = true;
  }
}
