/**
 * Who takes part, and how one set of nodes becomes another.
 *
 * M1. Two majorities that may decide at the same time always share a node: the voters change only
 *     by way of a joint configuration, in which both the old and the new voters must agree.
 * M2. A configuration is in force from the moment that it stands in the log, committed or not.
 * M3. A configuration has at least one voter, and no node is in one of its lists twice.
 */

/** A node's id, as the operator gave it: unique in the cluster, never used again for another. */
export type NodeId = string;

/** One configuration: the content of an entry of the kind `members`. */
export interface Members {
  /** The nodes that vote. Empty only on a node that knows no cluster yet. */
  readonly voters: readonly NodeId[];
  /** While the configuration is joint: the voters before it, who must agree as well. */
  readonly outgoing: readonly NodeId[];
  /** The nodes that take the log and do not vote. One that is also outgoing votes as such. */
  readonly learners: readonly NodeId[];
  /** What the room above says about these members (addresses, directories). Opaque here. */
  readonly context: string;
}

/** The configuration that somebody wants. */
export type WantedMembers = Omit<Members, "outgoing">;

/** A list of nodes may have this many at most. */
const mostNodes = 64;
const longestId = 300;
const longestContext = 65_536;

/** What a node knows before it has heard of any cluster. */
export const noMembers: Members = { voters: [], outgoing: [], learners: [], context: "" };

export function isJoint(members: Members): boolean {
  return members.outgoing.length > 0;
}

export function isVoter(members: Members, id: NodeId): boolean {
  return members.voters.includes(id) || members.outgoing.includes(id);
}

/** Every node that takes the log: voters of both sides, and learners. */
export function nodesOf({ voters, outgoing, learners }: Members): ReadonlySet<NodeId> {
  return new Set([...voters, ...outgoing, ...learners]);
}

/** The configuration to append on the way from `from` to `wanted`: joint when the voters change. */
export function firstStepTo(wanted: WantedMembers, from: Members): Members {
  const { voters, learners, context } = wanted;
  const same = voters.length === from.voters.length && voters.every((id) => isVoter(from, id));
  return { voters, outgoing: same ? [] : from.voters, learners, context };
}

/** The configuration that ends a joint one. */
export function secondStep(joint: Members): Members {
  return { ...joint, outgoing: [] };
}

export function encodeMembers({ voters, outgoing, learners, context }: Members): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ voters, outgoing, learners, context }));
}

/** Reads the bytes of an entry of the kind `members`; undefined where they are not one. */
export function decodeMembers(data: Uint8Array): Members | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
  return membersProblem(value) === undefined ? (value as Members) : undefined;
}

/** What keeps a value from being a configuration (M3); undefined where nothing does. */
export function membersProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "not a list of members";
  const { voters, outgoing, learners, context } = value as Record<string, unknown>;
  for (const [name, list] of Object.entries({ voters, outgoing, learners })) {
    if (!Array.isArray(list) || list.length > mostNodes) return `no list of at most 64 ${name}`;
    if (!list.every(isNodeId)) return `an id among the ${name} that is none`;
    if (new Set(list).size !== list.length) return `one node twice among the ${name}`;
  }
  if (typeof context !== "string" || context.length > longestContext) return "no context";
  const members = value as Members;
  if (members.voters.length === 0) return "no voter";
  return members.learners.some((id) => members.voters.includes(id))
    ? "a learner that is a voter"
    : undefined;
}

export function isNodeId(value: unknown): value is NodeId {
  return typeof value === "string" && value.length > 0 && value.length <= longestId;
}
