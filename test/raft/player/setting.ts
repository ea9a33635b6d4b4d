import { raftSettings } from "../../../src/raft/settings.ts";
import { noMembers } from "../../../src/raft/members.ts";
import {
  type Arguments,
  expect,
  listOf,
  nodeOf,
  optionalNumber,
  wholeNumber,
} from "./arguments.ts";
import type { World } from "./world.ts";

const settingNames = ["election", "most", "heartbeat", "append", "inflight", "piece"] as const;

/** `nodes`: the cluster is born, with these voters and learners; the spare ones know nobody. */
export function begin(args: Arguments): (world: World) => void {
  expect(args, 1, Infinity, ["learners", "spare", "seed", ...settingNames]);
  const voters = votersOf(args.plain);
  const learners = listOf(args.named.get("learners"));
  const spare = listOf(args.named.get("spare"));
  const numbers = new Map(settingNames.map((name) => [name, optionalNumber(args, name, 1)]));
  const seed = optionalNumber(args, "seed") ?? 1;
  const all = [...voters, ...learners, ...spare];
  if (new Set(all).size !== all.length) throw new Error("one node twice");
  return (world) => {
    if (world.nodes.size > 0) throw new Error("there are nodes already");
    const settings = raftSettings(numbers.get("election"));
    const most = numbers.get("most") ?? Math.max(settings.electionTimeoutMostMs);
    world.settings = {
      ...settings,
      electionTimeoutMostMs: Math.max(most, settings.electionTimeoutMs),
      heartbeatMs: numbers.get("heartbeat") ?? settings.heartbeatMs,
      maxAppendBytes: numbers.get("append") ?? settings.maxAppendBytes,
      maxInflightBytes: numbers.get("inflight") ?? settings.maxInflightBytes,
      snapshotPieceBytes: numbers.get("piece") ?? settings.snapshotPieceBytes,
    };
    world.seed = seed;
    const members = { voters, outgoing: [], learners, context: "" };
    for (const id of [...voters, ...learners]) world.add(id, members);
    for (const id of spare) world.add(id, noMembers);
  };
}

/** `given`: what a node's disk holds, as if it had been so before the script. */
export function givenOnDisk(args: Arguments): (world: World) => void {
  expect(args, 1, 1, ["term", "vote", "log"]);
  const [id = ""] = args.plain;
  const terms = listOf(args.named.get("log")).map((text) => wholeNumber(text, "TERM", 1));
  if (terms.some((term, at) => term < (terms[at - 1] ?? 0))) throw new Error("terms never fall");
  const term = optionalNumber(args, "term") ?? terms.at(-1) ?? 0;
  if (term < (terms.at(-1) ?? 0)) throw new Error("the term is below the log's");
  const vote = args.named.get("vote");
  return (world) => {
    const node = nodeOf(world, id);
    if (node.store.lastIndex > 0) throw new Error(`node ${id} has a log already`);
    node.crash();
    if (terms.length > 0) {
      const entries = terms.map((entryTerm, at) => ({ index: at + 1, term: entryTerm, at }));
      node.store.append(
        entries.map(({ index, term: of, at }) => ({
          index,
          term: of,
          kind: "data",
          data: dataOf(at),
        })),
      );
    }
    node.store.hardState = { term, vote };
    node.start();
  };
}

/** The data of the entry at this place: e1, e2, ... */
function dataOf(at: number): Uint8Array {
  return new TextEncoder().encode(`e${at + 1}`);
}

function votersOf(plain: readonly string[]): readonly string[] {
  const [count = ""] = plain;
  if (plain.length > 1 || !/^\d+$/.test(count)) return plain.flatMap((word) => word.split(","));
  const nodes = wholeNumber(count, "COUNT", 1);
  if (nodes > 64) throw new Error("there are at most 64 nodes");
  return Array.from({ length: nodes }, (_, at) => String(at + 1));
}
