import { expect, test } from "bun:test";
import { allRules } from "./explorer/model-rules.ts";
import recorded from "./explorer/paths.json";
import { positionNames, positionOf } from "./explorer/positions.ts";
import { rules } from "./explorer/rules.ts";
import { follow, searchAll, searchRandomly } from "./explorer/search.ts";
import { beginning, modelWithout, nothing, type Report, runWithout } from "./explorer/trying.ts";

const paths: Readonly<Record<string, readonly string[]>> = recorded;
const budget = { ...nothing, ticks: 4, crashes: 1, campaigns: 1, touches: 2, resigns: 1 };
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

// `make explore` goes deeper, and looks for the paths anew.
test.each(positionNames)("explorer: nothing is wrong near the position %s", (name) => {
  const every = searchAll(positionOf(name, allRules), budget, { depth: 5, mostSteps: 4_000 });
  expect(every.violation).toBeUndefined();
  for (const lazyDisks of [false, true]) {
    const position = positionOf(name, allRules, { lazyDisks });
    const walks = { depth: 250, mostSteps: 8_000 };
    const found = searchRandomly(position, wild, walks, 1, { link: 12, wake: 4, tick: 2 });
    expect(found.violation).toBeUndefined();
  }
});

test("explorer: every rule has a path that shows what it is for", () => {
  expect(Object.keys(paths).toSorted()).toEqual(rules.map(({ name }) => name).toSorted());
});

test.each(rules.filter(({ planted }) => planted === undefined))(
  "explorer: without the rule of sessions: $name",
  (rule) => {
    const path = paths[rule.name] ?? [];
    expect(follow(beginning(rule, modelWithout(rule)), path)).toBeDefined();
    expect(follow(beginning(rule, allRules), path)).toBeUndefined();
  },
);

test.each(rules.filter(({ planted }) => planted !== undefined))(
  "explorer: without the rule of the core: $name",
  async (rule) => {
    const options = ["--planted", "--json", "--replay", "--without", rule.name];
    const report = JSON.parse(await runWithout(rule, options)) as Report;
    expect(report.violation).toBeDefined();
    expect(follow(beginning(rule, allRules), paths[rule.name] ?? [])).toBeUndefined();
  },
);
