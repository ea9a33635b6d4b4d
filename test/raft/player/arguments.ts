import type { PlayedNode } from "./played-node.ts";
import type { Selection, World } from "./world.ts";

/** The words behind a command's name. */
export interface Arguments {
  /** Those that are not name=value. */
  readonly plain: readonly string[];
  readonly named: ReadonlyMap<string, string>;
  /** All of them, as they stand. */
  readonly words: readonly string[];
}

/** Refuses other names than these, and more or fewer plain words. */
export function expect(
  { plain, named }: Arguments,
  least: number,
  most: number,
  names: readonly string[] = [],
): void {
  if (plain.length < least) throw new Error("something is missing");
  if (plain.length > most) throw new Error(`"${plain[most]}" is too much`);
  for (const name of named.keys()) {
    if (!names.includes(name)) throw new Error(`${name}= is not known here`);
  }
}

export function wholeNumber(text: string, what: string, least = 0): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return value;
  throw new Error(`${what} is a whole number from ${least} on, not "${text}"`);
}

export function optionalNumber({ named }: Arguments, name: string, least = 0): number | undefined {
  const text = named.get(name);
  return text === undefined ? undefined : wholeNumber(text, name, least);
}

/** A list parted by commas; empty for nothing. */
export function listOf(text: string | undefined): readonly string[] {
  return text === undefined || text === "" || text === "none" ? [] : text.split(",");
}

/** [FROM TO] [kind=KIND] [first=N]; `*` is anybody, and one node alone is the one it is for. */
export function selectionOf(args: Arguments, plain = args.plain): Selection {
  const [one, other] = plain;
  const [from, to] = other === undefined ? [undefined, one] : [one, other];
  return {
    from: from === "*" ? undefined : from,
    to: to === "*" ? undefined : to,
    kind: args.named.get("kind"),
    first: optionalNumber(args, "first", 1) ?? Infinity,
  };
}

export function nodeOf(world: World, id: string): PlayedNode {
  const node = world.nodes.get(id);
  if (node !== undefined) return node;
  const known = [...world.nodes.keys()].join(", ");
  throw new Error(
    known === ""
      ? "there are no nodes yet: begin with nodes 3"
      : `no node ${id}; there are ${known}`,
  );
}

/** The nodes that are named; all where none is. */
export function nodesNamed(world: World, ids: readonly string[]): readonly PlayedNode[] {
  if (ids.length === 0) return [...world.nodes.values()];
  return ids.map((id) => nodeOf(world, id));
}

/** The raft leader of the latest term. */
export function raftLeader(world: World): PlayedNode {
  const [latest] = [...world.nodes.values()]
    .filter(({ state }) => state?.role.kind === "raft-leader")
    .toSorted((one, other) => (other.state?.term ?? 0) - (one.state?.term ?? 0));
  if (latest !== undefined) return latest;
  throw new Error("there is no raft leader: name the node that is meant");
}

/** A node that runs. */
export function running(world: World, id: string): PlayedNode {
  const node = nodeOf(world, id);
  if (node.state === undefined) throw new Error(`node ${id} is crashed: restart ${id} first`);
  return node;
}
