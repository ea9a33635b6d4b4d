import type { Members } from "../members.ts";

/** What an entry holds: a proposal, a configuration, or nothing (a new raft leader's first). */
export type EntryKind = "data" | "members" | "empty";

/** An entry without data is not free: index, term, kind, length. */
const aroundDataBytes = 32;

/** One entry of the log. Its bytes are made once, by the raft leader, and are opaque here. */
export interface RaftEntry {
  /** Its place in the log; the first is 1. */
  readonly index: number;
  /** The term of the raft leader that made it. */
  readonly term: number;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** What an entry counts for wherever entries are bounded in bytes: its data, and what is around. */
export function entryBytes({ data }: Pick<RaftEntry, "data">): number {
  return data.length + aroundDataBytes;
}

/** What a snapshot stands for: the log up to and including `index`. */
export interface SnapshotMeta {
  /** The last entry that the snapshot contains; 0 for the birth of a cluster. */
  readonly index: number;
  /** The term of that entry. */
  readonly term: number;
  /** The configuration as of that entry. */
  readonly members: Members;
}

/** Term and vote: one record, because either alone may lead to two votes in one term. */
export interface HardState {
  readonly term: number;
  /** Whom this node voted for in this term. */
  readonly vote: string | undefined;
}

/** A part of a snapshot's bytes. */
export interface SnapshotPiece {
  readonly snapshot: SnapshotMeta;
  /** Where the bytes belong in the snapshot's file. */
  readonly offset: number;
  readonly data: Uint8Array;
  /** Whether these are the last bytes. */
  readonly last: boolean;
}

export type PieceReading =
  | { readonly kind: "piece"; readonly data: Uint8Array; readonly last: boolean }
  /** It is being read; the input `log-read` says when to ask again. */
  | { readonly kind: "reading" }
  /** This snapshot is no longer kept. */
  | { readonly kind: "gone" };

/**
 * What the core reads of the log. All answers are immediate, from memory.
 *
 * - Everything that a write had in it must be readable from the moment that the core is told
 *   `persisted` for it; it may be readable before. Until then the core reads its own copy.
 * - The terms of all entries, and the snapshot's data, are always at hand. The entries themselves
 *   need not be: `entries` answers undefined for what must first be read from disk, begins to
 *   read it, and the node gives the input `log-read` once it is there. The store keeps what it read
 *   at least until it was asked again, or for one election timeout.
 * - The first entries may disappear at any time between two steps, up to the snapshot's index.
 */
export interface LogStore {
  /** The first entry that is still there; `lastIndex + 1` where there is none. */
  readonly firstIndex: number;
  /** The last entry; the snapshot's index where there is none behind it. */
  readonly lastIndex: number;
  /** The newest snapshot. Its index is at least `firstIndex - 1`. */
  readonly snapshot: SnapshotMeta;
  /** The term of an entry from `firstIndex - 1` to `lastIndex`; undefined outside of these. */
  termOf(index: number): number | undefined;
  /**
   * Entries from `from` to `to`, both included, in order and without a gap: at least one, and no
   * more than `maxBytes` by `entryBytes` besides the first. Undefined: not at hand (see above).
   */
  entries(from: number, to: number, maxBytes: number): readonly RaftEntry[] | undefined;
  /** All entries of the kind `members` behind the snapshot, in order. Asked once, at the start. */
  memberEntries(): readonly RaftEntry[];
  /** At most `maxBytes` of the snapshot that ends at `index`, from `offset` on. */
  snapshotPiece(index: number, offset: number, maxBytes: number): PieceReading;
}
