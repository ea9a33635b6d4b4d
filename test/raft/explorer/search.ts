import { type Action, actionsOf, type Budget, costOf, perform } from "./actions.ts";
import { Violation } from "./history.ts";
import type { ExploredWorld } from "./world.ts";

/** How much less often something happens that is slow. */
const slowShare = 0.04;

/** What a search found, and how much of the world it saw. */
export interface Found {
  /** How the violation came about, from the position on; undefined where there was none. */
  readonly path: readonly Action[] | undefined;
  readonly violation: string | undefined;
  /** Different states that were seen. */
  readonly states: number;
  readonly steps: number;
  /** Whether everything up to the depth was seen. */
  readonly complete: boolean;
}

export interface Limits {
  /** The longest path. */
  readonly depth: number;
  readonly mostSteps: number;
}

/** Takes a world through a path; the violation, where there is one. */
export function follow(world: ExploredWorld, path: readonly Action[]): string | undefined {
  try {
    for (const action of path) perform(world, action);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

/**
 * Goes every way from a position, up to a depth. A state that was reached before with as much of
 * the depth and the budget left is not gone on from.
 */
export function searchAll(position: ExploredWorld, budget: Budget, limits: Limits): Found {
  const seen = new Map<number, number>();
  const path: Action[] = [];
  let steps = 0;
  let violation: string | undefined;

  const goOn = (world: ExploredWorld, left: number, still: Budget): boolean => {
    if (left === 0) return false;
    for (const action of actionsOf(world, still)) {
      if (steps >= limits.mostSteps) return false;
      steps += 1;
      const next = world.clone();
      path.push(action);
      violation = follow(next, [action]);
      if (violation !== undefined) return true;
      const rest = spend(still, action);
      const key = keyOf(next, rest);
      if ((seen.get(key) ?? -1) < left - 1) {
        seen.set(key, left - 1);
        if (goOn(next, left - 1, rest)) return true;
      }
      path.pop();
    }
    return false;
  };

  const found = goOn(position, limits.depth, budget);
  return {
    path: found ? path : undefined,
    violation,
    states: seen.size,
    steps,
    complete: steps < limits.mostSteps,
  };
}

/** Goes random ways from a position, one after the other. */
export function searchRandomly(
  position: ExploredWorld,
  budget: Budget,
  limits: Limits,
  seed: number,
  weights: Readonly<Record<string, number>> = {},
): Found {
  let chance = seed;
  const draw = (): number => {
    chance = (chance + 0x6d2b79f5) | 0;
    let mixed = Math.imul(chance ^ (chance >>> 15), chance | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let steps = 0;
  while (steps < limits.mostSteps) {
    const world = position.clone();
    const path: Action[] = [];
    let rest = budget;
    const slow = slowLinks(draw);
    for (let depth = 0; depth < limits.depth; depth += 1) {
      const action = pick(actionsOf(world, rest), draw, weights, slow);
      if (action === undefined) break;
      steps += 1;
      path.push(action);
      rest = spend(rest, action);
      const violation = follow(world, [action]);
      if (violation !== undefined)
        return { path, violation, states: steps, steps, complete: false };
    }
    const stuck = follow(world, ["recover"]);
    if (stuck !== undefined) {
      const whole = [...path, "recover"];
      return { path: whole, violation: stuck, states: steps, steps, complete: false };
    }
  }
  return { path: undefined, violation: undefined, states: steps, steps, complete: false };
}

/** Leaves out of a path what the violation does not need. */
export function shorten(begin: () => ExploredWorld, path: readonly Action[]): readonly Action[] {
  let shortest = path;
  for (let at = shortest.length - 1; at >= 0; at -= 1) {
    const without = [...shortest.slice(0, at), ...shortest.slice(at + 1)];
    if (canFollow(begin(), without)) {
      shortest = without;
      at = Math.min(at, shortest.length);
    }
  }
  return shortest;
}

function canFollow(world: ExploredWorld, path: readonly Action[]): boolean {
  const everything: Budget = {
    ticks: 1,
    crashes: 1,
    campaigns: 1,
    touches: 1,
    resigns: 1,
    wipes: 1,
    prefers: 1,
    changes: 1,
    snapshots: 1,
    transfers: 1,
    disorder: true,
  };
  for (const action of path) {
    if (action !== "recover" && !actionsOf(world, everything).includes(action)) return false;
    if (follow(world, [action]) !== undefined) return true;
  }
  return false;
}

/** On each way some links, and some nodes' timers, are slower than the others: that parts them. */
function slowLinks(draw: () => number): ReadonlySet<string> {
  const all = ["1>2", "1>3", "2>1", "2>3", "3>1", "3>2", "1", "2", "3"];
  return new Set(all.filter(() => draw() < 0.35));
}

function pick(
  actions: readonly Action[],
  draw: () => number,
  weights: Readonly<Record<string, number>>,
  slow: ReadonlySet<string>,
): Action | undefined {
  const weightOf = (action: Action): number => {
    const [verb = "", subject = ""] = action.split(" ");
    return (weights[verb] ?? 1) * (slow.has(subject) ? slowShare : 1);
  };
  const total = actions.reduce((sum, action) => sum + weightOf(action), 0);
  let left = draw() * total;
  for (const action of actions) {
    left -= weightOf(action);
    if (left < 0) return action;
  }
  return actions.at(-1);
}

function spend(budget: Budget, action: Action): Budget {
  const cost = costOf(action);
  return cost === undefined ? budget : { ...budget, [cost]: Number(budget[cost]) - 1 };
}

function keyOf(world: ExploredWorld, budget: Budget): number {
  return Number(Bun.hash(world.key() + JSON.stringify(budget)) % 2n ** 53n);
}
