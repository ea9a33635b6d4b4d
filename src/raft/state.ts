import type { HardState, LogStore, RaftEntry, SnapshotMeta } from "./log/log-store.ts";
import { isVoter, type NodeId } from "./members.ts";
import { cloneProgress, type PeerProgress, type SentEntries } from "./progress.ts";
import { RaftLog } from "./log/raft-log.ts";
import { cloneRounds, type Rounds } from "./rounds-state.ts";
import type { RaftSettings } from "./settings.ts";

/** The role of a node, with the state that matters in that role alone. */
type RaftRole = FollowerRole | PreCandidateRole | CandidateRole | LeaderRole;

/** It takes the log from the raft leader, and campaigns when it has not heard any for long. */
interface FollowerRole {
  readonly kind: "raft-follower";
  /** The raft leader of this term, once it was heard. */
  raftLeader: NodeId | undefined;
  /** When it campaigns, if it is a voter. */
  electionAt: number;
}

/** Who campaigns keeps the answers, and when to ask whom again. */
export interface Campaign {
  /** The last word of each voter: for or against. */
  readonly answers: Map<NodeId, boolean>;
  /** When those who have not said their last word are asked again. */
  readonly askAt: Map<NodeId, number>;
  /** When it is given up, and begun anew. */
  electionAt: number;
}

/** It asks who would vote for it, before it disturbs anybody with a new term. */
export interface PreCandidateRole extends Campaign {
  readonly kind: "pre-candidate";
}

/** It asks for votes. */
export interface CandidateRole extends Campaign {
  readonly kind: "raft-candidate";
  /** The raft leader before asked for this campaign: of this one term, not of the next. */
  readonly forced: boolean;
  /** How long this node itself was silent when it voted for itself, in milliseconds. */
  readonly ownSilentMs: number;
  /** The least silence that was told along with a vote. */
  leastSilentMs: number;
}

/** It orders the log. */
export interface LeaderRole {
  readonly kind: "raft-leader";
  readonly progress: Map<NodeId, PeerProgress>;
  /** The first entry of its term. */
  readonly firstIndex: number;
  /** When the next heartbeats are due. */
  heartbeatAt: number;
  readonly rounds: Rounds;
  /** What it appended and is not committed. */
  readonly uncommitted: SentEntries[];
  uncommittedBytes: number;
  transfer: Transfer | undefined;
}

/** The role is being handed to another node. */
interface Transfer {
  readonly to: NodeId;
  /** When it is given up. */
  readonly until: number;
  /** Whether the node was told to campaign. */
  asked: boolean;
}

/** A snapshot whose pieces are coming in. */
interface Receiving {
  readonly snapshot: SnapshotMeta;
  /** The bytes that are there. */
  offset: number;
}

/**
 * One node, between two steps. A step changes it in place; `cloneState` makes a copy that shares
 * nothing that changes. Instants are milliseconds of one monotonic clock that runs evenly.
 */
export interface RaftState {
  readonly id: NodeId;
  readonly settings: RaftSettings;
  readonly log: RaftLog;
  term: number;
  /** Whom this node voted for in `term`. */
  vote: NodeId | undefined;
  /** Term and vote as they were written last. */
  written: HardState;
  role: RaftRole;
  commit: number;
  applied: number;
  /** When it acknowledged a raft leader the last time, was one, or started. */
  silentSince: number;
  /** Until then it votes for nobody, unless the campaign is forced. */
  refusesUntil: number;
  /** The timeout that was drawn last. */
  electionTimeoutMs: number;
  receiving: Receiving | undefined;
  /** The state of the source of chance. */
  random: number;
  /** The last instant that was handed in: time does not go back. */
  now: number;
}

/** What a node begins with. */
interface Beginning {
  readonly id: NodeId;
  readonly settings: RaftSettings;
  readonly store: LogStore;
  /** What was written last; term 0 and no vote where nothing ever was. */
  readonly hardState: HardState;
  /** Any whole number; different on each node. */
  readonly seed: number;
}

/** A node that starts now, with its state machine as the newest snapshot has it. */
export function startRaft(beginning: Beginning, now: number): RaftState {
  const { id, settings, store, hardState } = beginning;
  const { term, vote } = hardState;
  const state: RaftState = {
    id,
    settings,
    log: RaftLog.open(store),
    term,
    vote,
    written: { term, vote },
    role: { kind: "raft-follower", raftLeader: undefined, electionAt: 0 },
    commit: store.snapshot.index,
    applied: store.snapshot.index,
    silentSince: now,
    // It may have acknowledged a raft leader right before: but not before there was any term.
    refusesUntil: term === 0 ? now : now + settings.electionTimeoutMs,
    electionTimeoutMs: 0,
    receiving: undefined,
    random: beginning.seed,
    now,
  };
  state.role = { ...state.role, electionAt: now + drawTimeout(state) } as FollowerRole;
  return state;
}

/** Draws an election timeout, anew each time: equal ones would collide for ever. */
export function drawTimeout(state: RaftState): number {
  const { electionTimeoutMs, electionTimeoutMostMs } = state.settings;
  const spread = electionTimeoutMostMs - electionTimeoutMs;
  state.electionTimeoutMs = electionTimeoutMs + drawShare(state) * spread;
  return state.electionTimeoutMs;
}

/** A number of [0, 1) from the source that was handed in (mulberry32). */
export function drawShare(state: RaftState): number {
  state.random = (state.random + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state.random ^ (state.random >>> 15), state.random | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * Whether the node may campaign: as a voter of the newest configuration, or of one before, until it
 * knows that the newest is committed. For that one may have reached only nodes that it removes:
 * then nobody else has a log that is good enough to be elected, and to spread it.
 */
export function mayCampaign({ id, log }: RaftState): boolean {
  return log.allMembers.some((members) => isVoter(members, id));
}

/** Commits up to this entry, which is known to be the same on a majority for good. */
export function commitUpTo(state: RaftState, index: number): void {
  if (index <= state.commit) return;
  state.commit = index;
  state.log.committed(index);
}

export function raftLeaderOf({ role, id }: RaftState): NodeId | undefined {
  if (role.kind === "raft-leader") return id;
  return role.kind === "raft-follower" ? role.raftLeader : undefined;
}

/**
 * The next entries to apply, behind the entry `after`, at most `maxBytes` besides the
 * first. Undefined where the log must read them first (the input `log-read` follows), and where
 * `after` is before the snapshot that the state machine must be restored from.
 */
export function applicableEntries(
  { log, commit }: RaftState,
  after: number,
  maxBytes: number,
): readonly RaftEntry[] | undefined {
  const last = Math.min(commit, log.durableIndex);
  if (after >= last) return [];
  return after < log.firstIndex - 1 ? undefined : log.entries(after + 1, last, maxBytes);
}

/** A copy of the node on a store of its own, which must hold the same. */
export function cloneState(state: RaftState, store: LogStore): RaftState {
  const { role, log, receiving } = state;
  return {
    ...state,
    log: log.clone(store),
    role: cloneRole(role),
    receiving: receiving && { ...receiving },
  };
}

function cloneRole(role: RaftRole): RaftRole {
  if (role.kind === "raft-follower") return { ...role };
  if (role.kind !== "raft-leader") {
    return { ...role, answers: new Map(role.answers), askAt: new Map(role.askAt) };
  }
  const progress = new Map([...role.progress].map(([id, one]) => [id, cloneProgress(one)]));
  const transfer = role.transfer && { ...role.transfer };
  const uncommitted = [...role.uncommitted];
  return { ...role, progress, rounds: cloneRounds(role.rounds), transfer, uncommitted };
}
