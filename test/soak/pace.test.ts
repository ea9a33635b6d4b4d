import { expect, test } from "bun:test";
import { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import type { Landing } from "../chaos/judge/verdict.ts";
import { paceComplaints, paceOf } from "./pace.ts";

const paceMs = 100;
const period = { from: 0, to: 400_000 };

interface Manner {
  /** The time of a leader's file, counted from its first. */
  readonly timeOf?: (index: number) => number;
  /** Whether the observer sees the file. */
  readonly isSeen?: (index: number) => boolean;
}

/** Leaderships of 20 s, 2 s apart, one after the other. */
function landings({ timeOf = onTime, isSeen = () => true }: Manner): readonly Landing[] {
  return Array.from({ length: 18 }, (_, reign) =>
    Array.from({ length: 200 }, (__, index) => ({
      name: `${String(reign).padStart(19, "0")}-${String(index + 1).padStart(10, "0")}.json`,
      epoch: BigInt(reign),
      replica: "a",
      at: reign * 22_000 + timeOf(index),
    })).filter((___, index) => isSeen(index)),
  ).flat();
}

const onTime = (index: number): number => index * paceMs;

/** Some files are late, by up to nine tenths of the pace, and the next are on time again. */
function jittery(index: number): number {
  const choice = new SeededChoice(index);
  return onTime(index) + choice.between(0, choice.fraction() < 0.1 ? 90 : 3);
}

test("soak: a pace with jitter does not drift and leaves nothing out", () => {
  const files = landings({ timeOf: jittery });
  expect(paceComplaints(files, period, paceMs)).toEqual([]);
  const pace = paceOf(files, period, paceMs);
  expect(pace).toMatchObject({ leaderships: 18, files: 18 * 200, skipped: 0 });
  expect(Math.abs(pace.drift)).toBeLessThan(0.0005);
});

test("soak: files that the observer missed are no files left out", () => {
  const files = landings({ timeOf: jittery, isSeen: (index) => index % 7 !== 3 });
  expect(paceComplaints(files, period, paceMs)).toEqual([]);
});

test("soak: a leader that sleeps for the pace after each file drifts, and it is told", () => {
  const files = landings({ timeOf: (index) => jittery(index) + index * 2 });
  expect(paceComplaints(files, period, paceMs)).toEqual([
    expect.stringMatching(/^the file pace in the first quarter drifts by (1\.9|2\.0)/u),
    expect.stringMatching(/^the file pace in the last quarter drifts by (1\.9|2\.0)/u),
  ]);
});

test("soak: a leader that hurries drifts too", () => {
  const told = paceComplaints(landings({ timeOf: (index) => index * 99 }), period, paceMs);
  expect(told).toEqual([expect.stringContaining("-1."), expect.stringContaining("-1.")]);
});

test("soak: moments left out are no drift, and told when they are many", () => {
  const few = landings({ timeOf: (index) => jittery(index) + (index > 90 ? 2 * paceMs : 0) });
  expect(paceComplaints(few, period, paceMs)).toEqual([]);
  expect(paceOf(few, period, paceMs).skipped).toBeCloseTo(2 / 201, 5);
  const many = landings({ timeOf: (index) => onTime(index) + Math.floor(index / 20) * paceMs });
  expect(paceComplaints(many, period, paceMs)).toEqual([
    expect.stringContaining("in the first quarter leaves out"),
    expect.stringContaining("in the last quarter leaves out"),
  ]);
});

test("soak: no leadership that could be judged is no good pace", () => {
  const brief = landings({ isSeen: (index) => index < 40 });
  expect(paceComplaints(brief, period, paceMs)).toHaveLength(2);
});
