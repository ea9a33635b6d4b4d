import type { NodeId } from "./members.ts";

/** A read that waits for a round; `from` is undefined where this node itself asked. */
interface PendingRead {
  readonly id: string;
  readonly from: NodeId | undefined;
}

/** The rounds of heartbeats of one raft leader in its term: see roles/rounds.ts. */
export interface Rounds {
  /** The number of the newest round. */
  number: number;
  /** When the round that is under way was begun; undefined where none is. */
  startedAt: number | undefined;
  /** Who acknowledged the round under way. */
  readonly acknowledged: Set<NodeId>;
  /** The commit index when the round was begun: what its reads have to wait for. */
  commit: number;
  /** The reads that the round under way confirms. */
  reads: PendingRead[];
  /** Whether anything waits for the next round. */
  wanted: boolean;
  /** The reads that wait for the next round. */
  waiting: PendingRead[];
}

export function newRounds(): Rounds {
  return {
    number: 0,
    startedAt: undefined,
    acknowledged: new Set(),
    commit: 0,
    reads: [],
    wanted: false,
    waiting: [],
  };
}

export function cloneRounds(rounds: Rounds): Rounds {
  const { acknowledged, reads, waiting } = rounds;
  return {
    ...rounds,
    acknowledged: new Set(acknowledged),
    reads: [...reads],
    waiting: [...waiting],
  };
}
