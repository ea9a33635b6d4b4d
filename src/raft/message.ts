import type { RaftEntry, SnapshotMeta } from "./log/log-store.ts";

/**
 * What nodes say to each other. Every message, each answer included, carries the sender's term;
 * only the request for a pre-vote carries the term that its sender would campaign in.
 */
export type RaftMessage =
  | PreVoteRequest
  | VoteRequest
  | PreVoteAnswer
  | VoteAnswer
  | AppendRequest
  | AppendAnswer
  | HeartbeatRequest
  | HeartbeatAnswer
  | SnapshotRequest
  | SnapshotAnswer
  | TimeoutNow
  | ReadRequest
  | ReadAnswer;

export type RaftMessageOf<Kind extends RaftMessage["kind"]> = Extract<
  RaftMessage,
  { readonly kind: Kind }
>;

/** What only the raft leader of a term says. */
export type FromRaftLeader = RaftMessageOf<
  "append-request" | "heartbeat-request" | "snapshot-request" | "timeout-now" | "read-answer"
>;

/** What is said to the raft leader of a term. */
export type ToRaftLeader = RaftMessageOf<
  "append-answer" | "heartbeat-answer" | "snapshot-answer" | "read-request"
>;

/** "Would you vote for me?" It changes nothing at the one who is asked. */
export interface PreVoteRequest {
  readonly kind: "pre-vote-request";
  /** The term that the sender would campaign in: one more than its own. */
  readonly term: number;
  /** The end of the sender's log. */
  readonly lastIndex: number;
  /** The term of that last entry. */
  readonly lastTerm: number;
}

/** "Vote for me in this term." */
export interface VoteRequest {
  readonly kind: "vote-request";
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The raft leader itself asked for this campaign: nobody refuses it for having heard one. */
  readonly forced: boolean;
}

interface Ballot {
  /** The voter's term: the campaign's, unless it refuses or is ahead. */
  readonly term: number;
  /** The term of the campaign that was asked about. */
  readonly campaign: number;
  readonly granted: boolean;
  /**
   * How long before this answer the voter acknowledged a raft leader the last time, was one, or
   * started, in milliseconds of its own clock. The lease of sessions rests on it.
   */
  readonly silentMs: number;
  /**
   * Not granted, with this above 0: a refusal, not a vote against. It ends in as many
   * milliseconds, and may be asked again then.
   */
  readonly refusesForMs: number;
}

export interface PreVoteAnswer extends Ballot {
  readonly kind: "pre-vote-answer";
}

export interface VoteAnswer extends Ballot {
  readonly kind: "vote-answer";
}

/** From the raft leader: entries, or none, where it only asks or tells the commit index. */
export interface AppendRequest {
  readonly kind: "append-request";
  readonly term: number;
  /** The entry before the first of `entries`; 0 where that is the first of all. */
  readonly previousIndex: number;
  readonly previousTerm: number;
  readonly entries: readonly RaftEntry[];
  /** The raft leader's commit index. */
  readonly commit: number;
}

/** Either the log is the raft leader's up to `index`, and durable, or it differs before. */
export type AppendAnswer =
  | {
      readonly kind: "append-answer";
      readonly term: number;
      readonly accepted: true;
      readonly index: number;
    }
  | {
      readonly kind: "append-answer";
      readonly term: number;
      readonly accepted: false;
      /** The `previousIndex` of the request. */
      readonly index: number;
      /** The last entry up to `index` with a term of at most the request's `previousTerm`. */
      readonly hintIndex: number;
      /** The term of that entry. */
      readonly hintTerm: number;
    };

/** "I am the raft leader of this term." */
export interface HeartbeatRequest {
  readonly kind: "heartbeat-request";
  readonly term: number;
  /** The commit index, as far as the receiver's log is known to be the same. */
  readonly commit: number;
  /** The number of the newest round of heartbeats in this term; 0 before the first. */
  readonly round: number;
}

interface HeartbeatAnswer {
  readonly kind: "heartbeat-answer";
  readonly term: number;
  /** The number that the heartbeat had. */
  readonly round: number;
}

/** A part of a snapshot, for one whose next entry is no longer in the log. */
export interface SnapshotRequest {
  readonly kind: "snapshot-request";
  readonly term: number;
  readonly snapshot: SnapshotMeta;
  /** Where the bytes belong. */
  readonly offset: number;
  readonly data: Uint8Array;
  /** Whether these are the last bytes. */
  readonly last: boolean;
}

/** Which bytes the receiver wants next; a complete snapshot is answered by an AppendAnswer. */
export interface SnapshotAnswer {
  readonly kind: "snapshot-answer";
  readonly term: number;
  /** The index that the snapshot ends at. */
  readonly index: number;
  readonly offset: number;
}

/** The raft leader asks this node to campaign at once. */
export interface TimeoutNow {
  readonly kind: "timeout-now";
  readonly term: number;
}

/** Asks the raft leader for an index that a linearizable read has to wait for. */
interface ReadRequest {
  readonly kind: "read-request";
  readonly term: number;
  /** Tells the reads of one node apart. */
  readonly id: string;
}

interface ReadAnswer {
  readonly kind: "read-answer";
  readonly term: number;
  readonly id: string;
  /** A node that has applied this entry may answer the read. */
  readonly index: number;
}
