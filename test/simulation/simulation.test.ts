import { expect, test } from "bun:test";
import { join } from "node:path";
import { profiles, settingsOf } from "./settings.ts";
import { simulate } from "./simulation.ts";

const minutes = 10;
const seeds = 300;
/** A busy machine takes minutes for what an idle one does in one and a half. */
const limitMs = 600_000;

test("simulation: the same seed gives the same trace, another seed another", async () => {
  const first = await simulate(settingsOf(7, "default", 3));
  const again = await simulate(settingsOf(7, "default", 3));
  const other = await simulate(settingsOf(8, "default", 3));
  expect(again.hash).toBe(first.hash);
  expect(other.hash).not.toBe(first.hash);
});

test("simulation: without faults one replica leads from the first second to the last", async () => {
  const report = await simulate(settingsOf(1, "calm", 3), true);
  expect(report.violations).toEqual([]);
  // The others are the hand-overs at the end, the last of them after a kill.
  expect(report.leaderships).toBe(4);
  expect(report.filesWritten).toBeGreaterThan(20);
});

test("simulation: leaving a fault out leaves the others as they are", () => {
  const { faults } = settingsOf(3, "default", minutes);
  expect(settingsOf(3, "default", minutes).faults).toEqual(faults);
  expect(faults.length).toBeGreaterThan(10);
});

test.each([
  { profile: "default", count: seeds },
  { profile: "beyond", count: 60 },
  { profile: "wipe", count: 60 },
  { profile: "restore", count: 60 },
] as const)(
  "simulation: $count seeds of profile $profile break no invariant",
  async ({ profile, count }) => {
    expect(profiles).toContain(profile);
    const options = ["--seeds", count, "--minutes", minutes, "--profile", profile].map(String);
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "run.ts"), ...options], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const output = await new Response(child.stdout).text();
    await child.exited;
    // The output names the seed, and the faults that the failure needs.
    expect(child.exitCode === 0 ? "" : output).toBe("");
  },
  limitMs,
);
