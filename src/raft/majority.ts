import type { Members, NodeId } from "./members.ts";

/**
 * Counting. A majority always means: a majority of the voters and, while the configuration is
 * joint, a majority of the outgoing voters as well (M1 of members.ts). A node that is in neither
 * list is never asked, so a raft leader that is no voter does not count itself.
 */
function everyMajority(members: Members, holds: (voters: readonly NodeId[]) => boolean): boolean {
  const { voters, outgoing } = members;
  return voters.length > 0 && holds(voters) && (outgoing.length === 0 || holds(outgoing));
}

/** Whether a majority has it. Nobody is a majority of nobody. */
export function hasMajority(members: Members, has: (id: NodeId) => boolean): boolean {
  return everyMajority(members, (voters) => isMost(voters.filter(has).length, voters));
}

/** The largest value that a majority has reached. */
export function reachedByMajority(members: Members, valueOf: (id: NodeId) => number): number {
  const { voters, outgoing } = members;
  const reached = medianOf(voters, valueOf);
  return outgoing.length === 0 ? reached : Math.min(reached, medianOf(outgoing, valueOf));
}

/** How a vote stands: `answer` is undefined for a voter that has not said its last word. */
export function countVotes(
  members: Members,
  answer: (id: NodeId) => boolean | undefined,
): "won" | "lost" | "open" {
  if (hasMajority(members, (id) => answer(id) === true)) return "won";
  return hasMajority(members, (id) => answer(id) !== false) ? "open" : "lost";
}

function isMost(count: number, voters: readonly NodeId[]): boolean {
  return count * 2 > voters.length;
}

function medianOf(voters: readonly NodeId[], valueOf: (id: NodeId) => number): number {
  const values = voters.map(valueOf).toSorted((one, other) => other - one);
  return values[Math.floor(voters.length / 2)] ?? 0;
}
