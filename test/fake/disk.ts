import type { Disk } from "../../src/disk/disk.ts";
import { DiskError } from "../../src/disk/disk-error.ts";
import type { DiskFile } from "../../src/disk/disk-file.ts";

const namesPerBatch = 1000;

/** The content of a file that is written at offsets, under the name that it has now. */
interface FakeBlocks {
  name: string;
  bytes: Uint8Array;
}

/** A directory in memory that can be made to fail, or to take its time. */
export class FakeDisk implements Disk {
  readonly path = "/fake";
  readonly files = new Map<string, string>();
  /** The names under which something else lies than a plain file. */
  readonly strange = new Map<string, "directory" | "link" | "pipe">();
  /** What was asked of the disk, in order. */
  readonly journal: string[] = [];
  /** Called before every step; what it throws, the step throws. */
  before: (step: string, name: string) => Promise<void> | void = () => undefined;

  async makeDirectory(): Promise<void> {
    await this.#step("make", this.path);
  }

  async *names(): AsyncIterable<readonly string[]> {
    await this.#step("list", this.path);
    const others = [...this.strange].filter(([, kind]) => kind !== "directory");
    const names = [...this.files.keys(), ...others.map(([name]) => name)];
    for (let start = 0; start < names.length; start += namesPerBatch) {
      yield names.slice(start, start + namesPerBatch);
    }
  }

  async read(name: string, mostBytes: number): Promise<string | undefined> {
    await this.#step("read", name);
    if (this.strange.has(name)) throw new DiskError("not-a-file", `${name} is not a regular file`);
    const content = this.files.get(name);
    if (content === undefined || Buffer.byteLength(content) <= mostBytes) return content;
    throw new DiskError("too-large", `${name} is too large`);
  }

  async writeDurably(name: string, content: string): Promise<void> {
    await this.#step("write", name);
    this.#give(name, content);
  }

  async publish(temporary: string, final: string): Promise<void> {
    await this.#step("publish", final);
    const content = this.files.get(temporary);
    if (content === undefined) throw new DiskError("missing", `ENOENT: ${temporary}`);
    const blocks = this.blocks.get(temporary);
    this.#give(final, content);
    if (blocks !== undefined) this.blocks.set(final, Object.assign(blocks, { name: final }));
    this.files.delete(temporary);
    this.blocks.delete(temporary);
  }

  async replace(name: string, temporary: string, content: string): Promise<void> {
    await this.#step("replace", name);
    this.#give(temporary, content);
    this.#give(name, content);
    this.files.delete(temporary);
  }

  /** What lies in the files that are written at offsets; a rename takes it along. */
  readonly blocks = new Map<string, FakeBlocks>();

  async createFile(name: string): Promise<DiskFile> {
    await this.#step("write", name);
    this.#give(name, "");
    return this.#fileOf(this.#blocksOf(name));
  }

  async openFile(name: string): Promise<DiskFile | undefined> {
    await this.#step("open", name);
    if (this.strange.has(name)) throw new DiskError("not-a-file", `${name} is not a regular file`);
    return this.files.has(name) ? this.#fileOf(this.#blocksOf(name)) : undefined;
  }

  #blocksOf(name: string): FakeBlocks {
    const known = this.blocks.get(name);
    if (known !== undefined) return known;
    const blocks = { name, bytes: new TextEncoder().encode(this.files.get(name)) };
    this.blocks.set(name, blocks);
    return blocks;
  }

  #fileOf(blocks: FakeBlocks): DiskFile {
    const step = this.#step.bind(this);
    return {
      get size() {
        return blocks.bytes.length;
      },
      readAt: async (offset, length) => {
        await step("read-at", blocks.name);
        return blocks.bytes.slice(offset, offset + length);
      },
      writeAt: async (offset, bytes) => {
        const grows = offset + bytes.length > blocks.bytes.length;
        if (grows) await step("grow", blocks.name);
        await step("write-at", blocks.name);
        const grown = new Uint8Array(Math.max(blocks.bytes.length, offset + bytes.length));
        grown.set(blocks.bytes);
        grown.set(bytes, offset);
        blocks.bytes = grown;
        this.files.set(blocks.name, new TextDecoder().decode(grown));
      },
      close: async () => await step("close", blocks.name),
    };
  }

  /** When each file was last written; files that are not in here are as old as time. */
  readonly modified = new Map<string, Date>();

  async modifiedAt(name: string): Promise<Date | undefined> {
    await this.#step("stat", name);
    const isThere = this.files.has(name) || this.strange.has(name);
    return isThere ? (this.modified.get(name) ?? new Date(0)) : undefined;
  }

  async remove(name: string): Promise<void> {
    await this.#step("remove", name);
    this.#take(name);
  }

  #give(name: string, content: string): void {
    this.#take(name);
    this.files.set(name, content);
  }

  #take(name: string): void {
    if (this.strange.get(name) === "directory")
      throw new DiskError("not-a-file", `EISDIR: ${name}`);
    this.strange.delete(name);
    this.files.delete(name);
    this.blocks.delete(name);
  }

  async #step(step: string, name: string): Promise<void> {
    this.journal.push(`${step} ${name}`);
    await this.before(step, name);
  }
}
