import { expect, test } from "bun:test";
import { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import { complaintOf, findingsOf } from "./flatness.ts";
import type { Sample } from "./sample.ts";

const period = { from: 300_000, to: 1_800_000 };
const everyMs = 2_000;

/** Half an hour of a replica that leads every other minute, as `change` makes it. */
function life(change: (sample: Sample, minute: number) => Partial<Sample>): readonly Sample[] {
  const choice = new SeededChoice(1);
  return Array.from({ length: period.to / everyMs }, (_, index) => {
    const at = index * everyMs;
    const minute = at / 60_000;
    const leads = Math.floor(minute) % 2 === 1;
    const sample: Sample = {
      at,
      state: leads ? "Leader" : "Attempter",
      // It grows to its plateau in the first minutes, and breathes.
      residentMiB: 60 - 20 / (1 + minute) + choice.between(-4, 4),
      // A client comes and goes, a request is under way.
      descriptors: 14 + (choice.fraction() < 0.3 ? 1 : 0),
      timers: (leads ? 6 : 4) + (choice.fraction() < 0.2 ? 2 : 0),
      requests: choice.fraction() < 0.1 ? 1 : 0,
    };
    return { ...sample, ...change(sample, minute) };
  });
}

function complaints(samples: readonly Sample[]): readonly string[] {
  return findingsOf("a", samples, period)
    .map((finding) => complaintOf(finding))
    .filter((text) => text !== undefined);
}

test("soak: a noisy series on a plateau is flat", () => {
  expect(complaints(life(() => ({})))).toEqual([]);
});

test("soak: faults that pass leave no complaint", () => {
  // A tenth of the time everything piles up, and is let go again.
  const struck = life(({ descriptors, timers, requests }, minute) =>
    minute % 1 < 0.1
      ? { descriptors: descriptors + 20, timers: timers + 20, requests: requests + 500 }
      : {},
  );
  expect(complaints(struck)).toEqual([]);
});

test("soak: what falls is flat", () => {
  expect(complaints(life((_, minute) => ({ residentMiB: 90 - minute })))).toEqual([]);
});

test("soak: growing memory is told, with the replica and the figures", () => {
  // Half a MiB a minute: some 9 from the middle of the first quarter to the middle of the last.
  const leaking = life(({ residentMiB }, minute) => ({ residentMiB: residentMiB + minute / 2 }));
  expect(complaints(leaking)).toEqual([
    expect.stringMatching(
      /^a: resident memory: from 6\d(\.\d)? to 7\d(\.\d)? MiB, where 6\.\d MiB/u,
    ),
  ]);
});

test.each(["descriptors", "timers", "requests"] as const)(
  "soak: leaking %s are told, one every five minutes",
  (name) => {
    const leaking = life((sample, minute) => ({ [name]: sample[name] + Math.floor(minute / 5) }));
    const told = complaints(leaking);
    expect(told).toHaveLength(2);
    for (const complaint of told) expect(complaint).toContain(name);
  },
);

test("soak: what leaks only while leading is told although the replica seldom leads", () => {
  const leaking = life(({ timers, state }, minute) => {
    const leads = minute % 5 < 1;
    return {
      state: leads ? "Leader" : "Attempter",
      timers: leads ? timers + minute / 5 : state === "Leader" ? 4 : timers,
    };
  });
  expect(complaints(leaking)).toEqual([expect.stringContaining("pending timers, leading")]);
});

test("soak: a replica that fell silent is not flat but unknown", () => {
  const silent = life(() => ({})).filter(({ at }) => at < period.to - 375_000);
  const told = complaints(silent);
  expect(told).toHaveLength(7);
  for (const complaint of told) expect(complaint).toContain("too few samples");
});
