import { perform } from "./actions.ts";
import type { ModelRules } from "./model-rules.ts";
import { ExploredWorld, type WorldSettings } from "./world.ts";

/**
 * Where a search begins.
 *
 * - `fresh`: three voters that have just started for the first time.
 * - `granted`: node 1 is raft leader, A has the grant and was never confirmed, B waits.
 * - `held`: the same, and A was just confirmed.
 * - `later`: the same, a while later.
 * - `apart`: the same, and node 3 has heard nothing for longer than a lease.
 * - `decided`: the expiry of A was decided and is committed, but nobody knows: node 1 is gone.
 * - `deposed`: as `granted`; node 2 was elected, and an answer to the last round of node 1 is late.
 * - `learner`: as `held`, and node 3 is a learner.
 * - `promoted`: node 3 is a voter in the logs of 1 and 2, and has heard nothing of it.
 * - `leaving`: the cluster goes on as node 2 alone, says the log of 1 and 2.
 */
export type PositionName = (typeof positionNames)[number];

export const positionNames = [
  "fresh",
  "granted",
  "held",
  "later",
  "apart",
  "decided",
  "learner",
  "promoted",
  "leaving",
  "deposed",
] as const;

/** The election timeout is two ticks; the lease is longer, so that it outlives a raft leader. */
const basis: Omit<WorldSettings, "rules"> = {
  voters: ["1", "2", "3"],
  learners: [],
  electionMs: 20,
  heartbeatMs: 10,
  leaseMs: 60,
  tickMs: 10,
  sticky: false,
  lazyDisks: false,
};

/** Makes a position: the same each time. */
export function positionOf(
  name: PositionName,
  rules: ModelRules,
  given: Partial<WorldSettings> = {},
): ExploredWorld {
  const learners = name === "learner" || name === "promoted" ? ["3"] : [];
  const voters = basis.voters.filter((id) => !learners.includes(id));
  const settings = { ...basis, rules, voters, learners, ...given, lazyDisks: false };
  const world = ExploredWorld.begin(settings);
  if (name !== "fresh") {
    perform(world, "campaign 1");
    settle(world);
    perform(world, "open A 1");
    perform(world, "open B 1");
    settle(world);
    bring(world, name);
  }
  const lazyDisks = given.lazyDisks === true;
  return world.with({ ...settings, lazyDisks, sticky: name !== "fresh" });
}

function bring(world: ExploredWorld, name: PositionName): void {
  if (name === "later" || name === "apart" || name === "decided") quietly(world, 120);
  if (name === "decided") {
    perform(world, "expire A 1");
    perform(world, "link 1>2");
    perform(world, "crash 1");
    world.links.clear();
    perform(world, "tick");
    perform(world, "tick");
    return;
  }
  if (name === "apart") {
    quietly(world, 120, "3");
    perform(world, "touch A 1");
    settle(world, "3");
    return;
  }
  if (name === "deposed") return depose(world);
  if (name !== "granted") perform(world, "touch A 1");
  settle(world);
  if (name === "promoted") perform(world, "members 1,2,3 1");
  if (name === "leaving") perform(world, "members 2 1");
  if (name !== "promoted" && name !== "leaving") return;
  // The joint configuration is committed, and node 2 has the one behind it.
  perform(world, "link 1>2");
  perform(world, "link 2>1");
  perform(world, "link 1>2");
  world.links.clear();
}

/** Node 2 is elected by 3, and has committed; its answer to node 1's round is still under way. */
function depose(world: ExploredWorld): void {
  const path = ["touch B 1", "link 1>2", "tick", "tick", "tick", "wake 2"];
  for (const action of path) perform(world, action);
  for (let turn = 0; turn < 3; turn += 1) {
    perform(world, "link 2>3");
    perform(world, "link 3>2");
  }
}

/** Delivers until nothing is under way; what is from or for the node `apart` is lost. */
function settle(world: ExploredWorld, apart = ""): void {
  for (let round = 0; round < 100; round += 1) {
    const [link] = world.links.keys();
    if (link === undefined) return;
    perform(world, `${link.split(">").includes(apart) ? "lose" : "link"} ${link}`);
  }
  throw new Error("it does not settle");
}

/** Lets time go by in a healthy cluster. */
function quietly(world: ExploredWorld, ms: number, apart = ""): void {
  for (let passed = 0; passed < ms; passed += world.settings.tickMs) {
    perform(world, "tick");
    perform(world, "wake 1");
    settle(world, apart);
  }
}
