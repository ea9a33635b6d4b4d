import { parseFileName } from "../../../src/files/file-name.ts";
import type { Disk } from "../../../src/disk/disk.ts";
import type { Life } from "../referee/life.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "../timeline.ts";

/** A file as the medium has it. */
export interface StoredFile {
  content: string;
  /** Whether a crash of the writer's machine would leave it whole. */
  flushed: boolean;
  readonly writer: string;
  modifiedMs: number;
}

/** One change of the directory's entries: a rename is both at once. */
interface EntryChange {
  readonly taken?: string;
  readonly given?: { readonly name: string; readonly file: StoredFile };
}

export type DiskTrouble = "full" | "read-only" | "removed" | "flush-fails";

/** A step that was begun on an ailing disk, and a proof that it is part of, may take so long. */
const afterEffectsMs = 8_000;

/** A directory, on one machine's disk or shared by several, and what ails it. */
export class SimulatedDirectory {
  readonly files = new Map<string, StoredFile>();
  /** The entries as they were when the directory was flushed last, and what came since. */
  readonly #flushed = new Map<string, StoredFile>();
  readonly #pending: EntryChange[] = [];
  /** The file that was told as written last, as long as nobody has removed it. */
  told: string | undefined;
  readonly troubles = new Map<DiskTrouble, number>();
  slowMs = 0;
  readonly #now: () => number;
  #healedAtMs = Number.NEGATIVE_INFINITY;
  #hangs = 0;
  #waiting: (() => void)[] = [];
  /** The highest epoch that a finished file carries, and since when. */
  highest: { readonly epoch: bigint; readonly sinceMs: number } | undefined;
  /** Grows with every trouble: what was promised before it may not have been kept. */
  ailments = 0;

  /** Whether something is wrong with it, or was a moment ago: what was begun then may go on. */
  get isAiling(): boolean {
    if (this.#now() - this.#healedAtMs < afterEffectsMs) return true;
    return this.#hangs > 0 || this.slowMs > 0 || [...this.troubles.values()].some((is) => is > 0);
  }

  constructor(now: () => number) {
    this.#now = now;
  }

  has(trouble: DiskTrouble): boolean {
    return (this.troubles.get(trouble) ?? 0) > 0;
  }

  begin(trouble: DiskTrouble): void {
    this.ailments += 1;
    this.troubles.set(trouble, (this.troubles.get(trouble) ?? 0) + 1);
    if (trouble !== "removed") return;
    this.files.clear();
    this.#flushed.clear();
    this.#pending.length = 0;
    this.told = undefined;
    this.highest = undefined;
  }

  end(trouble: DiskTrouble): void {
    this.#healedAtMs = this.#now();
    this.troubles.set(trouble, Math.max(0, (this.troubles.get(trouble) ?? 0) - 1));
  }

  /** An operator moves finished files of epochs above `horizon` out. Returns how many. */
  moveAway(horizon: bigint): number {
    let highest = 0n;
    let moved = 0;
    for (const name of this.files.keys()) {
      const file = parseFileName(name);
      if (file.kind !== "final") continue;
      if (file.epoch <= horizon) {
        if (file.epoch > highest) highest = file.epoch;
      } else if (this.change({ taken: name }) !== undefined) moved += 1;
    }
    this.flush();
    const { highest: before } = this;
    if (before !== undefined) this.highest = { ...before, epoch: highest };
    return moved;
  }

  hang(): void {
    this.ailments += 1;
    this.#hangs += 1;
  }

  /** Every step takes up to `ms` milliseconds longer. */
  slow(ms: number): void {
    this.ailments += 1;
    this.slowMs += ms;
  }

  unslow(ms: number): void {
    this.#healedAtMs = this.#now();
    this.slowMs -= ms;
  }

  unhang(): void {
    this.#healedAtMs = this.#now();
    this.#hangs = Math.max(0, this.#hangs - 1);
    if (this.#hangs > 0) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Calls `go` at once, or when the directory answers again. */
  whenItAnswers(go: () => void): void {
    if (this.#hangs > 0) this.#waiting.push(go);
    else go();
  }

  /** Changes the entries, in memory: the medium follows when it likes. Returns what was taken. */
  change(change: EntryChange): StoredFile | undefined {
    this.#pending.push(change);
    if (change.taken === this.told) this.told = undefined;
    return applyTo(this.files, change);
  }

  /** What was changed up to now is on the medium. */
  flush(): void {
    for (const change of this.#pending.splice(0)) applyTo(this.#flushed, change);
  }

  /** The writer's machine lost its power, and the directory is elsewhere. */
  loseWriter(writer: string): void {
    for (const file of this.files.values()) if (file.writer === writer) tear(file);
  }

  /**
   * The directory's own machine lost its power: of what came since the last flush, any part may be
   * on the medium, and content that was not flushed is half there.
   */
  losePower(random: Random): void {
    for (const change of this.#pending.splice(0)) {
      if (random.chance(0.5)) applyTo(this.#flushed, change);
    }
    this.files.clear();
    this.highest = undefined;
    for (const [name, file] of this.#flushed) {
      this.files.set(name, file);
      tear(file);
      const { kind, epoch } = { epoch: 0n, ...parseFileName(name) };
      if (kind !== "final" || epoch <= (this.highest?.epoch ?? 0n)) continue;
      this.highest = { epoch, sinceMs: file.modifiedMs };
    }
    this.ailments += 1;
  }
}

function applyTo(
  entries: Map<string, StoredFile>,
  { taken, given }: EntryChange,
): StoredFile | undefined {
  const file = taken === undefined ? undefined : entries.get(taken);
  if (taken !== undefined) entries.delete(taken);
  if (given !== undefined) entries.set(given.name, given.file);
  return file;
}

function tear(file: StoredFile): void {
  if (!file.flushed) file.content = file.content.slice(0, file.content.length / 2);
}

/** What the referee is told of: before a step is asked for, and when it has taken effect. */
export interface DiskWitness {
  /** @param begunMs when the content of what is to be published was begun to be written */
  starts(step: "publish" | "remove", name: string, begunMs: number): void;
  lands(step: "publish" | "remove", name: string, displaced: StoredFile | undefined): void;
}

export interface SimulatedDiskOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly directory: SimulatedDirectory;
  readonly writer: string;
  /** The process's event loop. */
  readonly life: Life;
  /** Its other threads: a blocked loop does not stop them, SIGSTOP does. */
  readonly threads: Life;
  readonly witness: DiskWitness;
}

const namesPerBatch = 64;

/** One process's view of a directory. Every step takes its time and lands on its own. */
export class SimulatedDisk implements Disk {
  readonly path = "/simulated";
  readonly #options: SimulatedDiskOptions;
  #effects = 0;
  #begunMs = 0;
  #steps = 0;
  #idle: (() => void) | undefined;
  readonly #awaitingFlush: (() => void)[] = [];

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
  }

  /** How many effects are under way that others could see: names given or taken. */
  get effects(): number {
    return this.#effects;
  }

  /** Calls `then` when no step is under way any more: for a process that begins no other. */
  whenIdle(then: () => void): void {
    if (this.#steps === 0) then();
    else this.#idle = then;
  }

  /** Calls `then` in the midst of the next flush of a file's content. */
  onceFlushing(then: () => void): void {
    this.#awaitingFlush.push(then);
  }

  async makeDirectory(): Promise<void> {
    await this.#step(() => {
      const { directory } = this.#options;
      if (directory.has("removed")) throw new Error("EACCES: the parent is gone too");
    });
  }

  async *names(): AsyncIterable<readonly string[]> {
    const { directory } = this.#options;
    const names = await this.#step(() => [...directory.files.keys()]);
    for (let start = 0; start < names.length || start === 0; start += namesPerBatch) {
      yield names.slice(start, start + namesPerBatch);
      if (start + namesPerBatch < names.length) await this.#step(() => undefined);
    }
  }

  async writeDurably(name: string, content: string): Promise<void> {
    const { directory, writer, timeline } = this.#options;
    this.#begunMs = timeline.now;
    const half = content.slice(0, content.length / 2);
    const write = (text: string): void => {
      this.#mayWrite();
      const written = { content: text, flushed: false, modifiedMs: timeline.now };
      const file = directory.files.get(name);
      if (file !== undefined) Object.assign(file, written);
      else directory.change({ given: { name, file: { ...written, writer } } });
    };
    await this.#step(() => write(half));
    await this.#step(() => write(content));
    const flushing = this.#step(() => this.#flush(name));
    for (const then of this.#awaitingFlush.splice(0)) timeline.plan(0, then);
    await flushing;
  }

  async publish(temporary: string, final: string): Promise<void> {
    const { directory, witness } = this.#options;
    witness.starts("publish", final, this.#begunMs);
    await this.#effect(() => {
      this.#mayWrite();
      const file = directory.files.get(temporary);
      if (file === undefined) throw new Error(`ENOENT: ${temporary}`);
      const displaced = directory.files.get(final);
      directory.change({ taken: temporary, given: { name: final, file } });
      witness.lands("publish", final, displaced);
    });
    await this.#step(() => {
      this.#flush(undefined);
      directory.flush();
    });
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
      if (directory.has("read-only")) throw new Error("EROFS");
      if (!directory.files.has(name)) return;
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

  #mayWrite(): void {
    const { directory } = this.#options;
    if (directory.has("removed")) throw new Error("ENOENT: the directory is gone");
    if (directory.has("read-only")) throw new Error("EROFS");
    if (directory.has("full")) throw new Error("ENOSPC");
  }

  #flush(name: string | undefined): void {
    const { directory } = this.#options;
    if (directory.has("flush-fails")) throw new Error("EIO");
    const file = name === undefined ? undefined : directory.files.get(name);
    if (file !== undefined) file.flushed = true;
  }

  #step<Result>(effect: () => Result): Promise<Result> {
    const { timeline, random, directory, life, threads } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const settle = (deliver: () => void): void => life.deliver("io", deliver);
    const land = (): void => {
      this.#steps -= 1;
      try {
        const result = effect();
        settle(() => resolve(result));
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
      if (this.#steps === 0) this.#idle?.();
    };
    this.#steps += 1;
    const delayMs = random.between(0.05, 2) + directory.slowMs * random.next();
    timeline.plan(delayMs, () => directory.whenItAnswers(() => threads.deliver("io", land)));
    return promise;
  }
}
