import { parseFileName } from "../../../src/files/file-name.ts";
import type { Random } from "./random.ts";
import { SimulatedBlocks } from "./simulated-blocks.ts";

/** What may lie under a name: a plain file, or something that is not to be opened. */
export type EntryKind = "file" | "directory" | "link" | "pipe";

/** A file as the medium has it. */
export interface StoredFile {
  readonly kind: EntryKind;
  /** Tells it from every other file of the directory, also from a later one of its name. */
  readonly inode: number;
  content: string;
  /** The content of a file that is written at offsets, in place of `content`. */
  blocks?: SimulatedBlocks;
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

export type DiskTrouble = "full" | "read-only" | "removed" | "flush-fails" | "read-fails";

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
  /** Whether it has been made, and not removed since. */
  isMade = true;
  #inodes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether something is wrong with it, or was a moment ago: what was begun then may go on. */
  get isAiling(): boolean {
    if (this.#now() - this.#healedAtMs < afterEffectsMs) return true;
    return this.#hangs > 0 || this.slowMs > 0 || [...this.troubles.values()].some((is) => is > 0);
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

  /** A file that has no name yet, and is not flushed. */
  newFile(content: string, writer: string, modifiedMs: number, kind?: EntryKind): StoredFile {
    const inode = (this.#inodes += 1);
    return { kind: kind ?? "file", inode, content, flushed: false, writer, modifiedMs };
  }

  /** The content of a file as bytes, from the first time that it is opened as such. */
  blocksOf(file: StoredFile): SimulatedBlocks {
    if (file.blocks !== undefined) return file.blocks;
    const blocks = new SimulatedBlocks();
    blocks.write(0, new TextEncoder().encode(file.content))();
    file.blocks = blocks;
    return blocks;
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
      if (file.blocks === undefined) tear(file);
      else file.blocks.losePower(random);
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
