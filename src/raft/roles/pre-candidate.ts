import type { NodeId } from "../members.ts";
import type { PreVoteAnswer } from "../message.ts";
import { mayCampaign, type PreCandidateRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { becomeFollower } from "./become-follower.ts";
import { askVoters, newCampaign, outcomeOf, takeAnswer } from "./campaigning.ts";
import { becomeCandidate } from "./raft-candidate.ts";
import { refusalMs } from "./voting.ts";

/**
 * A pre-candidate asks who would vote for it: a node that cannot win disturbs nobody.
 *
 * Enter: no raft leader was heard for the node's election timeout, which is drawn anew. While
 * here: as a raft candidate, without a term of its own. Leave: to raft candidate with a majority;
 * to raft follower when none can be had, or a raft leader is heard.
 */
export function becomePreCandidate(turn: Turn): void {
  const { state, now } = turn;
  if (!mayCampaign(state)) {
    turn.notice("it is no voter, and cannot campaign");
    return;
  }
  const refusesForMs = refusalMs(state, now);
  if (refusesForMs > 0) {
    turn.notice(`refuses to campaign for another ${Math.ceil(refusesForMs)} ms`);
    postpone(turn, now + refusesForMs);
    return;
  }
  state.role = { kind: "pre-candidate", ...newCampaign(turn) };
  askVoters(turn, state.role, "pre-vote-request", false);
  state.role.answers.set(state.id, true);
  decide(turn, state.role);
}

export function preCandidateTakesAnswer(
  turn: Turn,
  role: PreCandidateRole,
  from: NodeId,
  answer: PreVoteAnswer,
): void {
  const { state } = turn;
  if (answer.campaign !== state.term + 1) {
    turn.notice(`a pre-vote for term ${answer.campaign}, asking for ${state.term + 1}`, from);
    return;
  }
  takeAnswer(turn, role, from, answer);
  decide(turn, role);
}

function decide(turn: Turn, role: PreCandidateRole): void {
  const outcome = outcomeOf(turn.state, role);
  if (outcome === "won") becomeCandidate(turn, false);
  if (outcome === "lost") becomeFollower(turn, turn.state.term, undefined);
}

/** Puts off the campaign of one who still refuses; a raft leader has none. */
function postpone({ state }: Turn, until: number): void {
  if (state.role.kind === "raft-leader") return;
  state.role.electionAt = until;
}
