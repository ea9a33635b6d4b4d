import type { HardState, RaftEntry, SnapshotMeta, SnapshotPiece } from "./log-store.ts";

/**
 * What is to be written: all of it in one step, or none of it, and in the order of `number`. The
 * input `persisted` repeats `number`, `term` and `lastIndex` once it survives a crash.
 */
export interface LogWrite {
  /** 1, 2, 3, ... since this node started. */
  readonly number: number;
  /** This node's term when the write was made. */
  readonly term: number;
  /** The end of the log as of this write. */
  readonly lastIndex: number;
  /** Undefined where term and vote are as they were. */
  readonly hardState: HardState | undefined;
  /** Goes to a file aside; at offset 0 what was there of other pieces is forgotten. */
  readonly piece: SnapshotPiece | undefined;
  /**
   * The snapshot whose pieces are complete takes the place of the whole log, and of the state
   * machine. Entries of this write come behind it.
   */
  readonly install: SnapshotMeta | undefined;
  /** The entries from this index on are removed, before `entries` are appended. */
  readonly cutFrom: number | undefined;
  readonly entries: readonly RaftEntry[];
}
