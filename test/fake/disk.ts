import type { Disk } from "../../src/disk/disk.ts";

/** A directory in memory that can be made to fail, or to take its time. */
export class FakeDisk implements Disk {
  readonly path = "/fake";
  readonly files = new Map<string, string>();
  /** What was asked of the disk, in order. */
  readonly journal: string[] = [];
  /** Called before every step; what it throws, the step throws. */
  before: (step: string, name: string) => Promise<void> | void = () => undefined;

  async makeDirectory(): Promise<void> {
    await this.#step("make", this.path);
  }

  async *names(): AsyncIterable<readonly string[]> {
    await this.#step("list", this.path);
    yield [...this.files.keys()];
  }

  async writeDurably(name: string, content: string): Promise<void> {
    await this.#step("write", name);
    this.files.set(name, content);
  }

  async publish(temporary: string, final: string): Promise<void> {
    await this.#step("publish", final);
    const content = this.files.get(temporary);
    if (content === undefined) throw new Error(`ENOENT: ${temporary}`);
    this.files.delete(temporary);
    this.files.set(final, content);
  }

  /** When each file was last written; files that are not in here are as old as time. */
  readonly modified = new Map<string, Date>();

  async modifiedAt(name: string): Promise<Date | undefined> {
    await this.#step("stat", name);
    return this.files.has(name) ? (this.modified.get(name) ?? new Date(0)) : undefined;
  }

  async remove(name: string): Promise<void> {
    await this.#step("remove", name);
    this.files.delete(name);
  }

  async #step(step: string, name: string): Promise<void> {
    this.journal.push(`${step} ${name}`);
    await this.before(step, name);
  }
}
