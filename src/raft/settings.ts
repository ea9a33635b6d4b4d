/** What all nodes of a cluster must be given alike. Times in milliseconds, sizes in bytes. */
export interface RaftSettings {
  /** A voter that heard no raft leader for this long may elect another; until then it refuses. */
  readonly electionTimeoutMs: number;
  /** A node's own election timeout is drawn anew each time, up to this. */
  readonly electionTimeoutMostMs: number;
  /** A raft leader is heard at least this often. */
  readonly heartbeatMs: number;
  /** The entries of one message may have this size, by `entryBytes`; so may one entry alone. */
  readonly maxAppendBytes: number;
  /** Sent to one raft follower and not yet acknowledged, at most. */
  readonly maxInflightBytes: number;
  /** In how many messages that may be. */
  readonly maxInflightMessages: number;
  /** Appended and not yet committed, at most; more is refused. */
  readonly maxUncommittedBytes: number;
  readonly snapshotPieceBytes: number;
  readonly maxSnapshotBytes: number;
  /** How many reads may wait for confirmation at once; more are refused. */
  readonly maxPendingReads: number;
}

/** The settings for an election timeout, with what is given besides. */
export function raftSettings(
  electionTimeoutMs = 500,
  given: Partial<RaftSettings> = {},
): RaftSettings {
  return {
    electionTimeoutMs,
    electionTimeoutMostMs: electionTimeoutMs * 1.5,
    heartbeatMs: electionTimeoutMs / 5,
    maxAppendBytes: 256 * 1024,
    maxInflightBytes: 4 * 1024 * 1024,
    maxInflightMessages: 256,
    maxUncommittedBytes: 64 * 1024 * 1024,
    snapshotPieceBytes: 256 * 1024,
    maxSnapshotBytes: 16 * 1024 ** 3,
    maxPendingReads: 4096,
    ...given,
  };
}
