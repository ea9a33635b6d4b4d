import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { countVotes, hasMajority, reachedByMajority } from "../../src/raft/majority.ts";
import {
  decodeMembers,
  encodeMembers,
  firstStepTo,
  isJoint,
  type Members,
  membersProblem,
  secondStep,
} from "../../src/raft/members.ts";

const ids = ["1", "2", "3", "4", "5"];
const some = fc.subarray(ids, { minLength: 1 });
const joint = fc.record({
  voters: some,
  outgoing: fc.subarray(ids),
  learners: fc.constant([]),
  context: fc.constant(""),
});

function subsetsOf(nodes: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: 2 ** nodes.length }, (_, bits) =>
    nodes.filter((__, at) => (bits & (2 ** at)) > 0),
  );
}

test("majority: two majorities of one configuration share a node", () => {
  fc.assert(
    fc.property(joint, some, some, (members, one, other) => {
      const both = [one, other].every((set) => hasMajority(members, (id) => set.includes(id)));
      if (both) expect(one.some((id) => other.includes(id))).toBe(true);
    }),
  );
});

test("members: majorities share a node on every step from one configuration to another (M1)", () => {
  for (const from of subsetsOf(["1", "2", "3"]).filter(({ length }) => length > 0)) {
    for (const to of subsetsOf(["1", "2", "3", "4"]).filter(({ length }) => length > 0)) {
      const before: Members = { voters: from, outgoing: [], learners: [], context: "" };
      const first = firstStepTo({ voters: to, learners: [], context: "" }, before);
      const steps = [before, first, ...(isJoint(first) ? [secondStep(first)] : [])];
      expect(steps.at(-1)?.voters).toEqual(to);
      expectShared(steps);
    }
  }
});

function expectShared(steps: readonly Members[]): void {
  const sets = subsetsOf(["1", "2", "3", "4"]);
  for (const [at, members] of steps.slice(1).entries()) {
    const previous = steps[at] ?? members;
    for (const one of sets.filter((set) => hasMajority(previous, (id) => set.includes(id)))) {
      for (const other of sets.filter((set) => hasMajority(members, (id) => set.includes(id)))) {
        expect(one.some((id) => other.includes(id))).toBe(true);
      }
    }
  }
}

test("majority: what a majority has reached is what counting says", () => {
  const values = fc.array(fc.nat(9), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(joint, values, (members, reached) => {
      const valueOf = (id: string): number => reached[Number(id) - 1] ?? 0;
      const value = reachedByMajority(members, valueOf);
      expect(hasMajority(members, (id) => valueOf(id) >= value)).toBe(true);
      expect(hasMajority(members, (id) => valueOf(id) > value)).toBe(false);
    }),
  );
});

test("majority: a vote is won, lost, or open, and nobody wins among nobody", () => {
  const members: Members = { voters: ["1", "2", "3"], outgoing: [], learners: [], context: "" };
  const count = (answers: Readonly<Record<string, boolean>>, of = members): string =>
    countVotes(of, (id) => answers[id]);
  expect(count({ 1: true })).toBe("open");
  expect(count({ 1: true, 2: true })).toBe("won");
  expect(count({ 1: false, 2: true })).toBe("open");
  expect(count({ 1: false, 2: false })).toBe("lost");
  expect(count({ 4: true, 5: true })).toBe("open");
  expect(count({ 1: true }, { ...members, voters: [] })).toBe("lost");
  const both = { ...members, outgoing: ["3", "4", "5"] };
  expect(count({ 1: true, 2: true, 3: true }, both)).toBe("open");
  expect(count({ 1: true, 2: true, 3: true, 4: true }, both)).toBe("won");
  expect(count({ 4: false, 5: false }, both)).toBe("lost");
});

test("members: what is no configuration is told apart (M3)", () => {
  const members: Members = { voters: ["a"], outgoing: [], learners: ["b"], context: "x" };
  expect(decodeMembers(encodeMembers(members))).toEqual(members);
  const wrong: readonly unknown[] = [
    null,
    {},
    { ...members, voters: [] },
    { ...members, voters: ["a", "a"] },
    { ...members, voters: [""] },
    { ...members, learners: ["a"] },
    { ...members, learners: [1] },
    { ...members, context: undefined },
    { ...members, voters: Array.from({ length: 65 }, (_, at) => `n${at}`) },
  ];
  for (const value of wrong) {
    expect(membersProblem(value)).toBeDefined();
    expect(decodeMembers(new TextEncoder().encode(JSON.stringify(value)))).toBeUndefined();
  }
  expect(decodeMembers(new Uint8Array([0xff, 0x00]))).toBeUndefined();
});
