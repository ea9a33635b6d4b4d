import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Action } from "./actions.ts";
import { allRules } from "./model-rules.ts";
import { positionNames, positionOf } from "./positions.ts";
import { rules, type Rule } from "./rules.ts";
import { type Found, follow, searchAll, searchRandomly, shorten } from "./search.ts";
import { beginning, modelWithout, nothing, type Report, runWithout } from "./trying.ts";
import recorded from "./paths.json";
import type { ExploredWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    /** The name of a rule, or a part of it: leaves it out, and looks how that shows. */
    without: { type: "string" },
    /** The source is planted already. */
    planted: { type: "boolean", default: false },
    depth: { type: "string", default: "8" },
    steps: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    /** Every way, also for a rule that is found by random ways. */
    every: { type: "boolean", default: false },
    walk: { type: "boolean", default: false },
    /** Only takes the recorded path of the rule again. */
    replay: { type: "boolean", default: false },
    /** Rewrites the recorded paths, which explorer.test.ts takes. */
    record: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const limits = { depth: Number(values.depth), mostSteps: Number(values.steps) };
/** What happens often on random ways, so that they get anywhere. */
const weights = { link: 12, wake: 4, tick: 2, touch: 3, expire: 6, lose: 0.3, crash: 0.3 };

if (values.without === undefined) exploreAll();
else await leaveOut(values.without);

/** The core as it is: nothing must be found. */
function exploreAll(): void {
  const budget = { ...nothing, ticks: 5, crashes: 1, campaigns: 1, touches: 2, resigns: 1 };
  const wild = {
    ...budget,
    ticks: 60,
    crashes: 6,
    campaigns: 6,
    touches: 30,
    resigns: 4,
    prefers: 3,
    changes: 4,
    snapshots: 4,
    transfers: 4,
    disorder: true,
  };
  for (const name of positionNames) {
    say(`${name}, every way:`, searchAll(positionOf(name, allRules), budget, limits));
    const walks = { depth: 250, mostSteps: limits.mostSteps };
    for (const lazy of [false, true]) {
      const position = positionOf(name, allRules, { lazyDisks: lazy });
      const found = searchRandomly(position, wild, walks, Number(values.seed), weights);
      say(`${name}, random ways${lazy ? " with slow disks" : ""}:`, found);
    }
  }
}

/** The core or the model without a rule: something must be found. */
async function leaveOut(part: string): Promise<void> {
  const paths: Record<string, readonly Action[]> = { ...recorded };
  for (const rule of rules.filter(({ name }) => name.includes(part))) {
    const found = await lookFor(rule);
    say(`without "${rule.name}":`, found);
    if (found.path === undefined) process.exitCode = values.json ? 0 : 1;
    else paths[rule.name] = found.path;
  }
  if (!values.record) return;
  writeFileSync(join(import.meta.dir, "paths.json"), `${JSON.stringify(paths, null, 2)}\n`);
}

async function lookFor(rule: Rule): Promise<Report> {
  if (rule.planted === undefined || values.planted) return find(rule);
  const { steps, seed, depth } = values;
  const options = ["--planted", "--without", rule.name, "--json", "--steps", steps, "--seed", seed];
  for (const flag of ["walk", "every", "replay"] as const)
    if (values[flag]) options.push(`--${flag}`);
  return JSON.parse(await runWithout(rule, [...options, "--depth", depth])) as Report;
}

function find(rule: Rule): Report {
  const budget = { ...nothing, ...rule.budget };
  const begin = (): ExploredWorld => beginning(rule, modelWithout(rule));
  if (values.replay) return replay(rule, begin());
  const depth = values.every ? limits.depth : rule.depth;
  const found =
    values.walk || depth === undefined
      ? searchRandomly(begin(), budget, { ...limits, depth: 120 }, Number(values.seed), weights)
      : searchAll(begin(), budget, { ...limits, depth });
  if (found.path === undefined) return found;
  return { ...found, path: shorten(begin, found.path) };
}

function replay(rule: Rule, world: ExploredWorld): Report {
  const known: Readonly<Record<string, readonly Action[]>> = recorded;
  const path = known[rule.name] ?? [];
  return { path, violation: follow(world, path), states: 0, steps: path.length, complete: false };
}

function say(what: string, found: Found | Report): void {
  if (values.json) {
    process.stdout.write(JSON.stringify(found));
    return;
  }
  const { path, violation, states, steps, complete } = found;
  const how = complete ? "all" : "some";
  const result = violation === undefined ? "nothing found" : `${violation}: ${path?.join(", ")}`;
  process.stdout.write(`${what} ${result} (${states} states, ${steps} steps, ${how})\n`);
  if (violation !== undefined && values.without === undefined) process.exitCode = 1;
}
