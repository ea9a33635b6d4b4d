import { expect, test } from "bun:test";
import { judge, type Landing, type Pause } from "./verdict.ts";

const pauseOfA: Pause = { replica: "a", from: 15, to: 35 };

function landing(epoch: bigint, replica: string, at: number): Landing {
  return { name: `${epoch}-${at}`, epoch, replica, at };
}

function verdictOn(landings: readonly Landing[], pauses: readonly Pause[] = []) {
  const { overlaps, inert } = judge({ landings, sightings: [], pauses });
  return { overlaps: overlaps.length, inert: inert.length };
}

test("verdict: one leader after the other is no overlap", () => {
  const landings = [landing(1n, "a", 10), landing(1n, "a", 20), landing(2n, "b", 30)];
  expect(verdictOn(landings)).toEqual({ overlaps: 0, inert: 0 });
});

test("verdict: a lower epoch's file after a higher one's is an overlap", () => {
  const landings = [landing(1n, "a", 10), landing(2n, "b", 20), landing(1n, "a", 30)];
  expect(verdictOn(landings)).toEqual({ overlaps: 1, inert: 0 });
});

test("verdict: one late file of a writer that was stopped meanwhile is inert, a second is not", () => {
  const landings = [landing(1n, "a", 10), landing(2n, "b", 20), landing(1n, "a", 36)];
  expect(verdictOn(landings, [pauseOfA])).toEqual({ overlaps: 0, inert: 1 });
  landings.push(landing(1n, "a", 37));
  expect(verdictOn(landings, [pauseOfA])).toEqual({ overlaps: 1, inert: 1 });
});

test("verdict: a pause of another replica, or at another moment, excuses nothing", () => {
  const landings = [landing(1n, "a", 10), landing(2n, "b", 20), landing(1n, "a", 36)];
  expect(verdictOn(landings, [{ ...pauseOfA, replica: "b" }])).toEqual({ overlaps: 1, inert: 0 });
  expect(verdictOn(landings, [{ ...pauseOfA, from: 21 }])).toEqual({ overlaps: 1, inert: 0 });
});

test("verdict: two writers of one epoch, and an epoch that sinks, are contradictions", () => {
  const { contradictions } = judge({
    landings: [landing(2n, "a", 10), landing(2n, "b", 20)],
    sightings: [
      { epoch: 2n, replica: "a", at: 5 },
      { epoch: 1n, replica: "c", at: 15 },
    ],
    pauses: [],
  });
  expect(contradictions).toEqual([
    "epoch 2 belongs to a and b",
    "the leader node's epoch sank from 2 to 1",
  ]);
});
