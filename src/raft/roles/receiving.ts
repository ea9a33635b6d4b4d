import { impossible } from "../impossible.ts";
import type { NodeId } from "../members.ts";
import type { FromRaftLeader, RaftMessage, RaftMessageOf } from "../message.ts";
import { mayCampaign } from "../state.ts";
import type { Turn } from "../turn.ts";
import { leaderReceives } from "./answers.ts";
import { becomeFollower } from "./become-follower.ts";
import { preCandidateTakesAnswer } from "./pre-candidate.ts";
import { becomeCandidate, candidateTakesAnswer } from "./raft-candidate.ts";
import { followerReceives } from "./raft-follower.ts";
import { answerVoteRequest } from "./voting.ts";

/**
 * Takes a message that was checked.
 *
 * G1. A later term is followed, from any node that tells of it; only requests for votes are looked
 *     at first.
 * G2. A request of an earlier term changes nothing, and is answered with the term. An answer of an
 *     earlier term is not looked at; a refusal of the running campaign is the only exception.
 * G3. There is one raft leader in a term: what another says is not believed.
 */
export function receive(turn: Turn, from: NodeId, message: RaftMessage): void {
  const { state } = turn;
  switch (message.kind) {
    case "pre-vote-request":
    case "vote-request":
      answerVoteRequest(turn, from, message);
      return;
    case "pre-vote-answer":
    case "vote-answer":
      if (message.term > state.term) becomeFollower(turn, message.term, undefined);
      else takeVote(turn, from, message);
      return;
    case "append-request":
    case "heartbeat-request":
    case "snapshot-request":
    case "timeout-now":
    case "read-answer":
      if (message.term < state.term) answerEarlier(turn, from, message);
      else receiveFromRaftLeader(turn, from, message);
      return;
    case "append-answer":
    case "heartbeat-answer":
    case "snapshot-answer":
    case "read-request":
      if (message.term > state.term) becomeFollower(turn, message.term, undefined);
      if (message.term < state.term) return;
      if (state.role.kind === "raft-leader") leaderReceives(turn, state.role, from, message);
      else turn.notice(`${message.kind}, but this is no raft leader`, from);
      return;
    default:
      impossible(message);
  }
}

function takeVote(
  turn: Turn,
  from: NodeId,
  answer: RaftMessageOf<"pre-vote-answer" | "vote-answer">,
): void {
  const { role } = turn.state;
  if (answer.kind === "vote-answer") {
    if (role.kind === "raft-candidate") candidateTakesAnswer(turn, role, from, answer);
  } else if (role.kind === "pre-candidate") preCandidateTakesAnswer(turn, role, from, answer);
}

/** Tells the raft leader of an earlier term that there is a later one (G2). */
function answerEarlier(turn: Turn, to: NodeId, message: FromRaftLeader): void {
  const { term } = turn.state;
  switch (message.kind) {
    case "append-request": {
      const { previousIndex: index } = message;
      const nothing = { accepted: false, index, hintIndex: 0, hintTerm: 0 } as const;
      turn.send(to, { kind: "append-answer", term, ...nothing });
      return;
    }
    case "heartbeat-request":
      turn.send(to, { kind: "heartbeat-answer", term, round: message.round });
      return;
    case "snapshot-request": {
      const { index } = message.snapshot;
      turn.send(to, { kind: "snapshot-answer", term, index, offset: 0 });
      return;
    }
    case "timeout-now":
    case "read-answer":
      return;
    default:
      impossible(message);
  }
}

function receiveFromRaftLeader(turn: Turn, from: NodeId, message: FromRaftLeader): void {
  const { state } = turn;
  if (message.term > state.term) becomeFollower(turn, message.term, undefined);
  const { role } = state;
  const known = role.kind === "raft-follower" ? role.raftLeader : undefined;
  if (role.kind === "raft-leader" || (known !== undefined && known !== from)) {
    const raftLeader = known ?? state.id;
    turn.notice(`says it is raft leader of term ${state.term}, which ${raftLeader} is`, from);
  } else if (message.kind === "read-answer" && known === undefined) {
    turn.notice("answers a read, but was not heard as raft leader yet", from);
  } else if (message.kind !== "timeout-now") followerReceives(turn, from, message);
  else if (mayCampaign(state)) becomeCandidate(turn, true);
  else turn.notice("is told to campaign, but is no voter", from);
}
