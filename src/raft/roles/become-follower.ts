import type { NodeId } from "../members.ts";
import { drawTimeout } from "../state.ts";
import type { Turn } from "../turn.ts";

/**
 * Makes the node a raft follower of `term`, which is its own term or a later one. A vote is
 * forgotten only together with its term.
 */
export function becomeFollower(turn: Turn, term: number, raftLeader: NodeId | undefined): void {
  const { state, now } = turn;
  if (term > state.term) {
    state.term = term;
    state.vote = undefined;
    state.receiving = undefined;
  }
  if (state.role.kind === "raft-leader") noteRaftLeader(turn);
  if (state.role.kind === "raft-follower") state.role.raftLeader = raftLeader;
  else state.role = { kind: "raft-follower", raftLeader, electionAt: now + drawTimeout(state) };
}

/** Notes that there is a raft leader now: this node heard it, or was it until now. */
function noteRaftLeader({ state, now }: Turn): void {
  state.silentSince = now;
  state.refusesUntil = Math.max(state.refusesUntil, now + state.settings.electionTimeoutMs);
}

/** Takes what the raft leader of this term says as a sign of life, whatever it says. */
export function hearRaftLeader(turn: Turn, raftLeader: NodeId): void {
  const { state, now } = turn;
  becomeFollower(turn, state.term, raftLeader);
  noteRaftLeader(turn);
  if (state.role.kind === "raft-follower") state.role.electionAt = now + state.electionTimeoutMs;
}
