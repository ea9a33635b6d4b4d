import type { NodeId } from "./members.ts";
import type { RaftMessage } from "./message.ts";
import type { LogWrite } from "./log/write.ts";

type RoleName = "raft-follower" | "pre-candidate" | "raft-candidate" | "raft-leader";

/** A message that is to be sent. */
export interface OutgoingMessage {
  readonly to: NodeId;
  readonly message: RaftMessage;
  /** It must not leave before the write with this number is confirmed; 0: at once. */
  readonly afterWrite: number;
}

/** A read that may be answered once the entry `index` is applied. */
export interface ConfirmedRead {
  readonly id: string;
  readonly index: number;
}

/** A round of heartbeats that a majority has acknowledged in the raft leader's own term. */
export interface ConfirmedRound {
  /** Rounds are numbered 1, 2, 3, ... in each term of a raft leader. */
  readonly number: number;
  /** When it was begun: what came in before is confirmed by it, what came later is not. */
  readonly startedAt: number;
}

/** What a node learns when it becomes raft leader. */
export interface WonElection {
  readonly term: number;
  /** The first entry of its own: before it is applied, nothing of sessions is confirmed. */
  readonly firstIndex: number;
  /** The least time that one of those who voted for it had been silent, in milliseconds. */
  readonly leastSilentMs: number;
  /** Every session counts as touched at this instant at the latest (see voting.ts). */
  readonly touchedAt: number;
}

/** Where the entries of a proposal stand, if they are ever committed. */
export interface Proposed {
  readonly term: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
}

/** Why something that came in was not done, or not believed. */
export interface Notice {
  /** Whose message it was; undefined for an input of this node's own. */
  readonly from: NodeId | undefined;
  /** At most 200 characters. */
  readonly reason: string;
}

/** What is to be done after a step, and what is known after it. */
export interface Ready {
  /** To be written; undefined where nothing is. */
  readonly write: LogWrite | undefined;
  readonly messages: readonly OutgoingMessage[];
  /** The last entry that may be applied on this node: it is committed, and durable here. */
  readonly applicableIndex: number;
  readonly commitIndex: number;
  readonly term: number;
  readonly role: RoleName;
  /** The raft leader of this term, as far as this node has heard of it. */
  readonly raftLeader: NodeId | undefined;
  readonly elected: WonElection | undefined;
  readonly proposed: Proposed | undefined;
  readonly reads: readonly ConfirmedRead[];
  readonly rounds: readonly ConfirmedRound[];
  /** The number of the round that confirms the touch that was the input. */
  readonly touchRound: number | undefined;
  /** At most two for one step. */
  readonly notices: readonly Notice[];
  /** When the input `wake` is due at the latest; Infinity for never. */
  readonly wakeAt: number;
}
