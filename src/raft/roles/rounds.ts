import { hasMajority } from "../majority.ts";
import type { NodeId } from "../members.ts";
import type { LeaderRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { sendHeartbeats } from "./sending.ts";

/**
 * Rounds of heartbeats. A round says that when it was begun no later raft leader was elected yet:
 * for a read that makes the commit index current, for a session that its touch counts.
 *
 * R1. A round confirms only what came in before it was begun.
 * R2. It is confirmed by every majority of the newest configuration, as of the counting, and only
 *     by answers of this term. A raft leader that is no voter does not count itself.
 * R3. At most one is under way; the next takes all that came meanwhile. A lost heartbeat is
 *     repeated with the number of its round.
 * R4. None is begun before the first entry of the raft leader's own term is applied: until then
 *     its commit index may be old, and an earlier decision about a session may still be in the log.
 */
export function wantRound(turn: Turn, role: LeaderRole): void {
  role.rounds.wanted = true;
  beginRound(turn, role);
}

/** Begins the next round, where anything waits for one and none is under way (R3, R4). */
export function beginRound(turn: Turn, role: LeaderRole): void {
  const { rounds } = role;
  const { state, now } = turn;
  if (!rounds.wanted || rounds.startedAt !== undefined) return;
  if (state.applied < role.firstIndex) return;
  rounds.number += 1;
  rounds.startedAt = now;
  rounds.acknowledged.clear();
  rounds.commit = state.commit;
  rounds.reads = rounds.waiting;
  rounds.waiting = [];
  rounds.wanted = false;
  sendHeartbeats(turn, role);
  countRound(turn, role);
}

export function takeRoundAnswer(turn: Turn, role: LeaderRole, from: NodeId, round: number): void {
  const { rounds } = role;
  if (rounds.startedAt === undefined || round !== rounds.number) return;
  rounds.acknowledged.add(from);
  countRound(turn, role);
}

/** Confirms the round under way once a majority has acknowledged it (R2), and begins the next. */
export function countRound(turn: Turn, role: LeaderRole): void {
  const { rounds } = role;
  const { id: self, log, term } = turn.state;
  const { startedAt } = rounds;
  if (startedAt === undefined) return;
  if (!hasMajority(log.members, (id) => id === self || rounds.acknowledged.has(id))) return;
  rounds.startedAt = undefined;
  turn.rounds.push({ number: rounds.number, startedAt });
  for (const { id, from } of rounds.reads) {
    if (from === undefined) turn.reads.push({ id, index: rounds.commit });
    else turn.send(from, { kind: "read-answer", term, id, index: rounds.commit });
  }
  rounds.reads = [];
  beginRound(turn, role);
}

/** Lets a read wait for the next round. */
export function wantRead(turn: Turn, role: LeaderRole, id: string, from?: NodeId): void {
  const { rounds } = role;
  if (rounds.waiting.length + rounds.reads.length >= turn.state.settings.maxPendingReads) {
    turn.notice("too many reads wait already", from);
    return;
  }
  rounds.waiting.push({ id, from });
  wantRound(turn, role);
}
