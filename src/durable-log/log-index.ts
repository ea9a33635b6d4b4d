import type { EntryKind, HardState, RaftEntry } from "../raft/log/log-store.ts";
import { entryBytes } from "../raft/log/log-store.ts";
import { type LogRecord, type Position, recordHeaderBytes } from "./record.ts";
import type { Segment } from "./segment.ts";

/** Where an entry lies, and its data as long as that is in memory. */
export interface EntryPlace {
  readonly term: number;
  readonly kind: EntryKind;
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
  data: Uint8Array | undefined;
}

/** What the records of a log come to, one after another: the same at a start as while it runs. */
export class LogIndex {
  hardState: HardState = { term: 0, vote: undefined };
  /** The entry before the first one. */
  base: Position = { index: 0, term: 0 };
  /** The snapshot that counts; undefined where there never was one. */
  snapshot: Position | undefined;
  readonly #mostCachedBytes: number;
  /** While a start reads the log. */
  isRecovering = false;
  /** Whether the term of the base is not known, because the segments before are gone. */
  #isBaseUnknown = false;
  #places: EntryPlace[] = [];
  /** The entries below this index are not in memory, but those of members. */
  #cachedFrom = 1;
  #cachedBytes = 0;

  constructor(mostCachedBytes: number) {
    this.#mostCachedBytes = mostCachedBytes;
  }

  get lastIndex(): number {
    return this.base.index + this.#places.length;
  }

  get last(): Position {
    return { index: this.lastIndex, term: this.termOf(this.lastIndex) ?? 0 };
  }

  termOf(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.placeOf(index)?.term;
  }

  placeOf(index: number): EntryPlace | undefined {
    return this.#places[index - this.base.index - 1];
  }

  /** Takes a record into account. Returns what is wrong with it, if anything. */
  apply(record: LogRecord, segment: Segment, offset: number): string | undefined {
    switch (record.kind) {
      case "hard-state":
        if (record.hardState.term < this.hardState.term) return "the term falls";
        this.hardState = record.hardState;
        return undefined;
      case "cut":
        if (record.from <= this.base.index) {
          if (!this.isRecovering) return "entries of a snapshot are cut";
          // The segments before are gone, and so a later record names a snapshot that covers this.
          this.#startAt({ index: record.from - 1, term: 0 });
          this.#isBaseUnknown = true;
          return undefined;
        }
        this.#removeFrom(record.from);
        return undefined;
      case "snapshot":
        this.snapshot = record.position;
        return undefined;
      case "install":
        this.snapshot = record.position;
        this.#startAt(record.position);
        segment.highest = Math.max(segment.highest, record.position.index);
        return undefined;
      case "base":
        return this.#isLast(record.position) ? undefined : "the entries before it are missing";
      case "data":
      case "members":
      case "empty":
        return this.#append(record, segment, offset);
      default:
        return "a record of an unknown kind";
    }
  }

  /** Begins behind a position, without entries: the first segment that is there says where. */
  startAt(position: Position): void {
    this.#startAt(position);
  }

  /** Ends a recovery. Returns what is missing between the snapshot and the log, if anything. */
  recovered(): string | undefined {
    this.isRecovering = false;
    const snapshot = this.snapshot ?? { index: 0, term: 0 };
    const missing = "entries between snapshot and log are missing";
    if (this.base.index > snapshot.index || this.lastIndex < snapshot.index) return missing;
    if (!this.#isBaseUnknown) return undefined;
    if (snapshot.index === this.base.index) this.base = snapshot;
    else this.dropUpTo(snapshot);
    return undefined;
  }

  /** Forgets the entries up to this one, which no longer are on the disk. */
  dropUpTo({ index }: Position): void {
    if (index <= this.base.index) return;
    const term = this.termOf(index);
    if (term === undefined) return;
    for (const place of this.#places.splice(0, index - this.base.index)) this.#forget(place);
    this.base = { index, term };
    this.#cachedFrom = Math.max(this.#cachedFrom, index + 1);
  }

  memberEntries(after: number): readonly RaftEntry[] {
    return this.#places.flatMap(({ kind, term, data }, at) => {
      const index = this.base.index + 1 + at;
      return kind === "members" && index > after && data !== undefined
        ? { index, term, kind, data }
        : [];
    });
  }

  #isLast({ index, term }: Position): boolean {
    return this.lastIndex === index && this.last.term === term;
  }

  #startAt(position: Position): void {
    this.base = position;
    this.#isBaseUnknown = false;
    this.#places = [];
    this.#cachedFrom = position.index + 1;
    this.#cachedBytes = 0;
  }

  #append(
    { kind, position, data }: Extract<LogRecord, { data: Uint8Array }>,
    segment: Segment,
    offset: number,
  ): string | undefined {
    const { index, term } = position;
    if (index !== this.lastIndex + 1) return `entry ${index} stands behind ${this.lastIndex}`;
    if (term < this.last.term) return `the term of entry ${index} falls`;
    const length = recordHeaderBytes + data.length;
    this.#places.push({ term, kind, segment, offset, length, data });
    segment.highest = Math.max(segment.highest, index);
    this.#cachedBytes += entryBytes({ data });
    this.#evict();
    return undefined;
  }

  #evict(): void {
    while (this.#cachedBytes > this.#mostCachedBytes && this.#cachedFrom < this.lastIndex) {
      const place = this.placeOf(this.#cachedFrom);
      this.#cachedFrom += 1;
      if (place === undefined || place.kind === "members") continue;
      this.#forget(place);
      place.data = undefined;
    }
  }

  #forget({ data }: EntryPlace): void {
    if (data !== undefined) this.#cachedBytes -= entryBytes({ data });
  }

  #removeFrom(from: number): void {
    for (const place of this.#places.splice(from - this.base.index - 1)) this.#forget(place);
    this.#cachedFrom = Math.min(this.#cachedFrom, from);
  }
}
