import type { NodeId } from "../members.ts";
import type { PreVoteRequest, VoteRequest } from "../message.ts";
import type { RaftState } from "../state.ts";
import type { Turn } from "../turn.ts";
import { becomeFollower } from "./become-follower.ts";

/**
 * V1. A node votes for one candidate in each term, and only for one whose log is not behind its
 *     own. Pre-votes bind nobody.
 * V2. A node refuses votes and pre-votes, its own included, for one election timeout after it
 *     heard a raft leader, was one, or started (but not at its first start), and after it granted
 *     a vote. Only a campaign that the raft leader asked for is never refused.
 * V3. A refusal raises no term.
 * V4. A voter says how long it was silent: since it acknowledged a raft leader, in whatever
 *     role, was one, or started. Granting a vote does not count.
 *
 * Why sessions may rest on V4: a touch is confirmed by raft leader j only by a round that started
 * after the touch was sent and that a majority acknowledged in term j. Raft leader k, later, was
 * elected by a majority. Some voter is in both, and acknowledged before it voted. So the touch was
 * sent before that acknowledgement, which is at least as long ago as the voter says.
 */
export function answerVoteRequest(
  turn: Turn,
  from: NodeId,
  request: PreVoteRequest | VoteRequest,
): void {
  const { state } = turn;
  const forced = request.kind === "vote-request" && request.forced;
  if (request.term < state.term) return answer(turn, from, request, false, 0);
  const refusesForMs = forced ? 0 : refusalMs(state, turn.now);
  if (refusesForMs > 0) return answer(turn, from, request, false, refusesForMs);
  if (request.kind === "pre-vote-request") {
    const granted = request.term > state.term && isUpToDate(state, request);
    return answer(turn, from, request, granted, 0);
  }
  if (request.term > state.term) becomeFollower(turn, request.term, undefined);
  const free = state.vote === undefined || state.vote === from;
  const granted = free && isUpToDate(state, request);
  if (granted) grant(turn, from);
  answer(turn, from, request, granted, 0);
}

/** How long this node still refuses to vote, in milliseconds; 0 where it does not. */
export function refusalMs({ role, refusesUntil, settings }: RaftState, now: number): number {
  if (role.kind === "raft-leader") return settings.electionTimeoutMs;
  return Math.max(0, refusesUntil - now);
}

/** Writes down the vote, and gives whom it is for the time to win (V2). */
export function grant({ state, now }: Turn, candidate: NodeId): void {
  state.vote = candidate;
  state.refusesUntil = Math.max(state.refusesUntil, now + state.settings.electionTimeoutMs);
  if (state.role.kind === "raft-follower") state.role.electionAt = now + state.electionTimeoutMs;
}

function isUpToDate({ log }: RaftState, request: PreVoteRequest | VoteRequest): boolean {
  const { lastIndex, lastTerm } = request;
  return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);
}

function answer(
  turn: Turn,
  to: NodeId,
  request: PreVoteRequest | VoteRequest,
  granted: boolean,
  refusesForMs: number,
): void {
  const { state, now } = turn;
  turn.send(to, {
    kind: request.kind === "vote-request" ? "vote-answer" : "pre-vote-answer",
    term: state.term,
    campaign: request.term,
    granted,
    silentMs: state.role.kind === "raft-leader" ? 0 : now - state.silentSince,
    refusesForMs,
  });
}
