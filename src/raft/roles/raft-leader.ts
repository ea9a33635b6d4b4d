import { entryBytes } from "../log/log-store.ts";
import { reachedByMajority } from "../majority.ts";
import { encodeMembers, firstStepTo, isJoint, type WantedMembers } from "../members.ts";
import { newRounds } from "../rounds-state.ts";
import type { LeaderRole, RaftState } from "../state.ts";
import type { Turn } from "../turn.ts";
import { becomeFollower } from "./become-follower.ts";
import { appendOwn, followMembers } from "./leader-log.ts";
import { countRound } from "./rounds.ts";
import { sendHeartbeats } from "./sending.ts";
import { endTransfer } from "./transferring.ts";

/**
 * A silence that a voter measures lasts at least this share of it on any other clock: clocks run
 * within 1 % of true time.
 */
const clockShare = 0.98;

/**
 * The raft leader orders the log.
 *
 * Enter: a majority voted for it. While here: sends the log and heartbeats, commits, confirms
 * rounds. Leave: to raft follower, when a later term is heard, when no majority has answered for
 * an election timeout, or when the cluster goes on without it.
 */
export function becomeLeader(turn: Turn, leastSilentMs: number): void {
  const { state, now } = turn;
  const role: LeaderRole = {
    kind: "raft-leader",
    progress: new Map(),
    firstIndex: state.log.lastIndex + 1,
    heartbeatAt: now + state.settings.heartbeatMs,
    rounds: newRounds(),
    uncommitted: [],
    uncommittedBytes: 0,
    transfer: undefined,
  };
  state.role = role;
  state.receiving = undefined;
  followMembers(turn, role);
  const { term } = state;
  const touchedAt = now - clockShare * leastSilentMs;
  turn.elected = { term, firstIndex: role.firstIndex, leastSilentMs, touchedAt };
  appendOwn(turn, role, "empty", [new Uint8Array()]);
}

export function propose(turn: Turn, role: LeaderRole, data: readonly Uint8Array[]): void {
  const { settings, log, term } = turn.state;
  if (role.transfer !== undefined) {
    return turn.notice(`hands over to ${role.transfer.to}: it takes no proposals meanwhile`);
  }
  const sizes = data.map((bytes) => entryBytes({ data: bytes }));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (data.length === 0) return turn.notice("a proposal of nothing");
  const longest = sizes.reduce((one, other) => Math.max(one, other), 0);
  if (longest > settings.maxAppendBytes) {
    return turn.notice(`an entry of ${longest} bytes, more than ${settings.maxAppendBytes}`);
  }
  if (role.uncommittedBytes > 0 && role.uncommittedBytes + bytes > settings.maxUncommittedBytes) {
    return turn.notice(`${role.uncommittedBytes} bytes wait to be committed already`);
  }
  const firstIndex = log.lastIndex + 1;
  appendOwn(turn, role, "data", data);
  turn.proposed = { term, firstIndex, lastIndex: log.lastIndex };
}

/** Proposes a configuration (I4 of leader-log.ts); a joint one goes first where voters change. */
export function proposeMembers(turn: Turn, role: LeaderRole, wanted: WantedMembers): void {
  const { state } = turn;
  const { log } = state;
  if (role.transfer !== undefined) {
    return turn.notice(`hands over to ${role.transfer.to}: it takes no proposals meanwhile`);
  }
  if (state.commit < role.firstIndex) {
    return turn.notice("nothing of its own term is committed yet");
  }
  if (log.membersIndex > state.commit || isJoint(log.members)) {
    return turn.notice("another change of members is under way");
  }
  const firstIndex = log.lastIndex + 1;
  appendOwn(turn, role, "members", [encodeMembers(firstStepTo(wanted, log.members))]);
  countRound(turn, role);
  turn.proposed = { term: state.term, firstIndex, lastIndex: firstIndex };
}

/** Does what is due: heartbeats, giving a transfer up, standing down where no majority answers. */
export function leaderWakes(turn: Turn, role: LeaderRole): void {
  const { state, now } = turn;
  if (now >= majorityUntil(state, role)) {
    turn.notice("no majority has answered for an election timeout: it stands down");
    becomeFollower(turn, state.term, undefined);
    return;
  }
  endTransfer(turn, role);
  if (now >= role.heartbeatAt) sendHeartbeats(turn, role);
}

export function leaderWakeAt(state: RaftState, role: LeaderRole): number {
  const transferUntil = role.transfer?.until ?? Infinity;
  return Math.min(role.heartbeatAt, transferUntil, majorityUntil(state, role));
}

/** Until when it may believe that a majority still follows. */
function majorityUntil(state: RaftState, role: LeaderRole): number {
  const heard = reachedByMajority(state.log.members, (id) =>
    id === state.id ? Infinity : (role.progress.get(id)?.heardAt ?? 0),
  );
  return heard + state.settings.electionTimeoutMs;
}
