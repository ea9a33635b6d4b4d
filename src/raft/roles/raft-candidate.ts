import type { NodeId } from "../members.ts";
import type { VoteAnswer } from "../message.ts";
import type { CandidateRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { becomeFollower } from "./become-follower.ts";
import { askVoters, newCampaign, outcomeOf, takeAnswer } from "./campaigning.ts";
import { becomeLeader } from "./raft-leader.ts";
import { grant, refusalMs } from "./voting.ts";

/**
 * A raft candidate asks for votes in a term of its own.
 *
 * Enter: a pre-vote was won, or the raft leader asked for it. While here: asks again who has not
 * answered, or whose refusal ends. Leave: to raft leader with a majority; to raft follower when a
 * majority can no longer be had, or another raft leader or a later term is heard.
 *
 * C1. Its own vote counts, as every vote, only once it is durable.
 * C2. Only answers about this very campaign count.
 */
export function becomeCandidate(turn: Turn, forced: boolean): void {
  const { state, now } = turn;
  if (!forced && refusalMs(state, now) > 0) {
    // It has granted a vote, or heard a raft leader, since it asked for pre-votes.
    becomeFollower(turn, state.term, undefined);
    return;
  }
  const ownSilentMs = now - state.silentSince;
  state.term += 1;
  grant(turn, state.id);
  state.role = {
    kind: "raft-candidate",
    ...newCampaign(turn),
    forced,
    ownSilentMs,
    leastSilentMs: Infinity,
  };
  askVoters(turn, state.role, "vote-request", forced);
}

/** Counts the own vote once it is durable (C1). */
export function countOwnVote(turn: Turn, role: CandidateRole): void {
  const { id, log } = turn.state;
  if (role.answers.has(id) || log.writes.writeOfHardState() > 0) return;
  role.answers.set(id, true);
  role.leastSilentMs = Math.min(role.leastSilentMs, role.ownSilentMs);
  decide(turn, role);
}

export function candidateTakesAnswer(
  turn: Turn,
  role: CandidateRole,
  from: NodeId,
  answer: VoteAnswer,
): void {
  const { state } = turn;
  if (answer.campaign !== state.term || (answer.granted && answer.term !== state.term)) {
    turn.notice(`a vote for term ${answer.campaign}, campaigning in ${state.term}`, from);
    return;
  }
  takeAnswer(turn, role, from, answer);
  if (answer.granted) role.leastSilentMs = Math.min(role.leastSilentMs, answer.silentMs);
  decide(turn, role);
}

function decide(turn: Turn, role: CandidateRole): void {
  const outcome = outcomeOf(turn.state, role);
  if (outcome === "won") becomeLeader(turn, role.leastSilentMs);
  if (outcome === "lost") becomeFollower(turn, turn.state.term, undefined);
}
