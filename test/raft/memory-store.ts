import {
  entryBytes,
  type HardState,
  type LogStore,
  type PieceReading,
  type RaftEntry,
  type SnapshotMeta,
} from "../../src/raft/log/log-store.ts";
import { type Members, noMembers } from "../../src/raft/members.ts";
import type { LogWrite } from "../../src/raft/log/write.ts";

interface Kept {
  readonly meta: SnapshotMeta;
  readonly bytes: Uint8Array;
}

/**
 * A log that forgets nothing but what was not written: what is in it has survived every crash.
 * Nothing in it is changed in place, so that a copy costs little.
 */
export class MemoryStore implements LogStore {
  hardState: HardState = { term: 0, vote: undefined };
  #entries: readonly RaftEntry[] = [];
  #before: { readonly index: number; readonly term: number } = { index: 0, term: 0 };
  #kept: Kept;
  #pieces: readonly Uint8Array[] = [];

  constructor(members: Members = noMembers) {
    this.#kept = { meta: { index: 0, term: 0, members }, bytes: new Uint8Array() };
  }

  get firstIndex(): number {
    return this.#before.index + 1;
  }

  get lastIndex(): number {
    return this.#before.index + this.#entries.length;
  }

  get snapshot(): SnapshotMeta {
    return this.#kept.meta;
  }

  get snapshotBytes(): Uint8Array {
    return this.#kept.bytes;
  }

  termOf(index: number): number | undefined {
    if (index === this.#before.index) return this.#before.term;
    return this.#entries[index - this.firstIndex]?.term;
  }

  entries(from: number, to: number, maxBytes: number): readonly RaftEntry[] {
    const first = this.firstIndex;
    const taken: RaftEntry[] = [];
    let bytes = 0;
    for (let index = from; index <= to; index += 1) {
      const entry = this.#entries[index - first];
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  memberEntries(): readonly RaftEntry[] {
    const { index } = this.snapshot;
    return this.#entries.filter((entry) => entry.kind === "members" && entry.index > index);
  }

  snapshotPiece(index: number, offset: number, maxBytes: number): PieceReading {
    if (index !== this.snapshot.index) return { kind: "gone" };
    const data = this.snapshotBytes.slice(offset, offset + maxBytes);
    return { kind: "piece", data, last: offset + data.length >= this.snapshotBytes.length };
  }

  /** Does all that a write says. */
  write({ hardState, piece, install, cutFrom, entries }: LogWrite): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (piece !== undefined) {
      this.#pieces = piece.offset === 0 ? [piece.data] : [...this.#pieces, piece.data];
    }
    if (install !== undefined) {
      this.#kept = { meta: install, bytes: new Uint8Array(this.#pieces.flatMap((p) => [...p])) };
      this.#before = install;
      this.#entries = [];
      this.#pieces = [];
    }
    if (cutFrom !== undefined) this.#entries = this.#entries.slice(0, cutFrom - this.firstIndex);
    if (entries.length > 0) this.append(entries);
  }

  append(entries: readonly RaftEntry[]): void {
    if (entries[0]?.index !== this.lastIndex + 1) throw new Error("a gap in the log");
    this.#entries = [...this.#entries, ...entries];
  }

  /** Takes a snapshot as of its index, and forgets the entries up to `cutTo`. */
  compact(meta: SnapshotMeta, bytes: Uint8Array, cutTo = meta.index): void {
    this.#kept = { meta, bytes };
    const term = this.termOf(cutTo);
    if (term === undefined || cutTo > meta.index) throw new Error(`cannot cut up to ${cutTo}`);
    this.#entries = this.#entries.slice(cutTo - this.#before.index);
    this.#before = { index: cutTo, term };
  }

  clone(): MemoryStore {
    const copy = new MemoryStore();
    copy.hardState = this.hardState;
    copy.#entries = this.#entries;
    copy.#before = this.#before;
    copy.#kept = this.#kept;
    copy.#pieces = this.#pieces;
    return copy;
  }

  /** What makes two of them differ. */
  toJSON(): unknown {
    const entries = this.#entries.map(({ index, term, data }) => [index, term, data.join()]);
    return [this.hardState, this.#before, this.snapshot.index, this.#pieces.length, entries];
  }
}
