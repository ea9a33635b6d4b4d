import { entryBytes, type LogStore, type RaftEntry, type SnapshotMeta } from "./log-store.ts";
import { decodeMembers, type Members, noMembers } from "../members.ts";
import { PendingWrites } from "./pending-writes.ts";
import type { LogWrite } from "./write.ts";

/** The part of a write that concerns the log. */
type LogPart = Pick<LogWrite, "install" | "cutFrom" | "entries">;

interface Configuration {
  readonly index: number;
  readonly members: Members;
}

/**
 * The log as it is after everything that was decided: the store below, and on top of it what is
 * not known to be durable yet.
 *
 * L1. What is on top begins right behind the part of the store that counts; indices have no gap.
 * L2. `durableIndex` never says more than what a crash leaves of this log.
 * L3. Nothing at or below the commit index is ever cut.
 */
export class RaftLog {
  readonly store: LogStore;
  readonly writes: PendingWrites;
  /** Up to here the log survives a crash. */
  durableIndex: number;
  /** A snapshot that takes the place of the store's whole content, until that is done. */
  #base: SnapshotMeta | undefined;
  /** In order; the first one is behind the store's part. */
  #unstable: RaftEntry[] = [];
  /** How many of these were handed out to be written. */
  #handedOut = 0;
  #cutFrom: number | undefined;
  #installing = false;
  /** The configurations in the log, the oldest being that of the last committed one. */
  #configurations: Configuration[];

  private constructor(
    store: LogStore,
    writes: PendingWrites,
    configurations: readonly Configuration[],
  ) {
    this.store = store;
    this.writes = writes;
    this.durableIndex = store.lastIndex;
    this.#configurations = [...configurations];
  }

  /** The log as the store has it: all of it is durable. */
  static open(store: LogStore): RaftLog {
    const { index, members } = store.snapshot;
    const log = new RaftLog(store, new PendingWrites(), [{ index, members }]);
    for (const entry of store.memberEntries()) log.#noteMembers(entry);
    return log;
  }

  get firstIndex(): number {
    return this.#base === undefined ? this.store.firstIndex : this.#base.index + 1;
  }

  get lastIndex(): number {
    return this.#unstable.at(-1)?.index ?? this.#base?.index ?? this.store.lastIndex;
  }

  get lastTerm(): number {
    return this.termOf(this.lastIndex) ?? 0;
  }

  /** The newest configuration (M2 of members.ts). */
  get members(): Members {
    return this.#configurations.at(-1)?.members ?? noMembers;
  }

  get membersIndex(): number {
    return this.#configurations.at(-1)?.index ?? 0;
  }

  /** Every configuration that is in force, or was until the newest one is committed. */
  get allMembers(): readonly Members[] {
    return this.#configurations.map(({ members }) => members);
  }

  /** The term of an entry from `firstIndex - 1` to `lastIndex`; undefined outside of these. */
  termOf(index: number): number | undefined {
    const first = this.#unstable[0];
    if (first !== undefined && index >= first.index) {
      return this.#unstable[index - first.index]?.term;
    }
    if (this.#base === undefined) return this.store.termOf(index);
    return index === this.#base.index ? this.#base.term : undefined;
  }

  has(index: number, term: number): boolean {
    return this.termOf(index) === term;
  }

  /** Entries as LogStore.entries gives them; undefined where they must be read first. */
  entries(from: number, to: number, maxBytes: number): readonly RaftEntry[] | undefined {
    const first = this.#unstable[0]?.index ?? this.lastIndex + 1;
    const stored = from < first ? this.store.entries(from, Math.min(to, first - 1), maxBytes) : [];
    if (stored === undefined) return undefined;
    const taken = [...stored];
    let bytes = stored.reduce((sum, entry) => sum + entryBytes(entry), 0);
    for (let index = from + taken.length; index <= to && index >= first; index += 1) {
      const entry = this.#unstable[index - first];
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  /**
   * The last entry up to `index` whose term is at most `term`: terms never fall in a log. Of what
   * is no longer there, nothing is known: where that is reached, the answer is at most that.
   */
  lastWithin(index: number, term: number): number {
    let high = Math.min(index, this.lastIndex);
    let low = Math.min(this.firstIndex - 1, high);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.termOf(middle) ?? 0) <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  append(entries: readonly RaftEntry[]): void {
    for (const entry of entries) {
      this.#unstable.push(entry);
      this.#noteMembers(entry);
    }
  }

  /** Removes the entries from this index on; others are appended in their place at once (L2). */
  cut(from: number): void {
    const first = this.#unstable[0]?.index ?? this.lastIndex + 1;
    this.#unstable.length = Math.max(0, Math.min(this.#unstable.length, from - first));
    this.#handedOut = Math.min(this.#handedOut, this.#unstable.length);
    this.durableIndex = Math.min(this.durableIndex, from - 1);
    this.#cutFrom = Math.min(this.#cutFrom ?? from, from);
    this.writes.cut(from);
    while ((this.#configurations.at(-1)?.index ?? 0) >= from) this.#configurations.pop();
  }

  /** Puts a snapshot in the place of everything. */
  restore(snapshot: SnapshotMeta): void {
    this.#base = snapshot;
    this.#installing = true;
    this.#unstable = [];
    this.#handedOut = 0;
    this.#cutFrom = undefined;
    this.durableIndex = 0;
    this.writes.cut(1);
    this.#configurations = [{ index: snapshot.index, members: snapshot.members }];
  }

  /** What was decided since the last call and must be written; undefined where nothing was. */
  takePart(): LogPart | undefined {
    const install = this.#installing ? this.#base : undefined;
    const cutFrom = this.#cutFrom;
    const entries = this.#unstable.slice(this.#handedOut);
    this.#installing = false;
    this.#cutFrom = undefined;
    this.#handedOut = this.#unstable.length;
    if (install === undefined && cutFrom === undefined && entries.length === 0) return undefined;
    return { install, cutFrom, entries };
  }

  /** Takes a confirmation into account (W1, W2); false where no such write was handed out. */
  confirm(number: number, term: number, lastIndex: number): boolean {
    const covered = this.writes.confirm(number, term, lastIndex);
    if (covered === undefined) return false;
    if (covered <= this.durableIndex) return true;
    this.durableIndex = covered;
    if (this.#base !== undefined && covered >= this.#base.index) this.#base = undefined;
    const first = this.#unstable[0]?.index ?? covered + 1;
    const done = Math.max(0, covered - first + 1);
    this.#unstable = this.#unstable.slice(done);
    this.#handedOut -= done;
    return true;
  }

  /** The write that must be confirmed before the log is durable up to `index`; 0 for none. */
  writeOf(index: number): number {
    return index <= this.durableIndex ? 0 : this.writes.writeOf(index);
  }

  /** Forgets the configurations that no cut can bring back (L3). */
  committed(commitIndex: number): void {
    while ((this.#configurations[1]?.index ?? Infinity) <= commitIndex) {
      this.#configurations.shift();
    }
  }

  /** A copy on a store of its own, which must hold the same. */
  clone(store: LogStore): RaftLog {
    const copy = new RaftLog(store, this.writes.clone(), this.#configurations);
    copy.durableIndex = this.durableIndex;
    copy.#base = this.#base;
    copy.#unstable = [...this.#unstable];
    copy.#handedOut = this.#handedOut;
    copy.#cutFrom = this.#cutFrom;
    copy.#installing = this.#installing;
    return copy;
  }

  /** What makes two states of one log differ, for comparing and hashing them. */
  toJSON(): unknown {
    const entries = this.#unstable.map(({ index, term, data }) => [index, term, data.join()]);
    const { durableIndex, writes } = this;
    return [durableIndex, entries, this.#handedOut, this.#base, this.#configurations, writes];
  }

  #noteMembers({ index, kind, data }: RaftEntry): void {
    if (kind !== "members") return;
    // Bytes that came from a peer were checked before; what is on disk is what was checked.
    const members = decodeMembers(data);
    if (members !== undefined) this.#configurations.push({ index, members });
  }
}
