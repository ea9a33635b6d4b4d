import { expect, test } from "bun:test";
import type { ElectionEvent } from "../../src/election/ports/observer.ts";
import { Progress } from "../../src/election/progress.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import type { StateName } from "../../src/election/transitions.ts";
import { epoch, lease, other, transition } from "../telemetry/fixture.ts";

const timings = {
  leaderTimeoutMs: 100_000,
  attempterTimeoutMs: 200_000,
  failoverTimeoutMs: 300_000,
  stopTimeoutMs: 400_000,
};
const patience = { answersMs: 3_000, attemptMs: 5_000, expiryMs: 1_000, countsOpenings: true };
const writing = { writes: true, beginMs: 0, endMs: 0 };
const silent = { ...writing, writes: false };
/** What a state may need besides its own timing: the coordinator's answers, and the grace. */
const answerMs = 18_000;
/** The same for an attempt and the look ahead of it. */
const attemptMs = 20_000;

const attempt: ElectionEvent = { kind: "attempt", outcome: "led", leader: other, detail: "" };
const repair: ElectionEvent = {
  kind: "repair",
  resource: "duty",
  attempt: 1,
  left: 9,
  failure: undefined,
};
const written: ElectionEvent = { kind: "file-written", file: "1-1.json", epoch, durationMs: 1 };

function inState(state: StateName): Progress {
  const progress = new Progress(timings, { patience }, writing);
  const edges = {
    Init: [],
    Attempter: [transition("Init", "Attempter", "ready")],
    Leader: [transition("Attempter", "Leader", "elected")],
    Failover: [transition("Attempter", "Failover", "session-lost")],
    Stopping: [transition("Attempter", "Stopping", "signal")],
  } satisfies Record<StateName, readonly ElectionEvent[]>;
  for (const edge of edges[state]) progress.observe(edge);
  return progress;
}

test.each([
  { state: "Init", limitMs: answerMs, owed: "transition" },
  { state: "Attempter", limitMs: timings.attempterTimeoutMs + attemptMs, owed: "attempt" },
  { state: "Leader", limitMs: answerMs, owed: "lease" },
  { state: "Failover", limitMs: timings.failoverTimeoutMs + answerMs, owed: "repair" },
  { state: "Stopping", limitMs: timings.stopTimeoutMs + answerMs, owed: "transition" },
] as const)("progress: $state is stuck when no $owed comes", ({ state, limitMs, owed }) => {
  const progress = inState(state);
  progress.passed(limitMs);
  expect(progress.stuck).toBeUndefined();
  progress.passed(1);
  expect(progress.stuck).toBe(`${state} owes a ${owed} within ${limitMs} ms`);
});

test.each([
  { state: "Attempter", event: attempt, paceMs: timings.attempterTimeoutMs },
  { state: "Failover", event: repair, paceMs: timings.failoverTimeoutMs },
] as const)("progress: $state that goes on trying is never stuck", ({ state, event, paceMs }) => {
  const progress = inState(state);
  for (let round = 0; round < 10; round += 1) {
    progress.passed(paceMs);
    expect(progress.stuck).toBeUndefined();
    progress.observe(event);
  }
});

test("progress: a leader that renews its lease, but writes no file, is stuck", () => {
  const progress = inState("Leader");
  for (let passedMs = 0; passedMs < timings.leaderTimeoutMs + answerMs; passedMs += 1_000) {
    progress.passed(1_000);
    progress.observe(lease(0, 666));
    expect(progress.stuck).toBeUndefined();
  }
  progress.passed(1_000);
  expect(progress.stuck).toContain("Leader owes a file-written");
  progress.observe(written);
  expect(progress.stuck).toBeUndefined();
});

test("progress: a leader owes no file while its hooks take what they may", () => {
  const hooked = { writes: true, beginMs: 70_000, endMs: 90_000 };
  const progress = new Progress(timings, { patience }, hooked);
  progress.observe(transition("Attempter", "Leader", "elected"));
  const mostMs = hooked.beginMs + timings.leaderTimeoutMs + hooked.endMs + answerMs;
  for (let passedMs = 0; passedMs < mostMs; passedMs += 1_000) {
    progress.passed(1_000);
    progress.observe(lease(0, 666));
    expect(progress.stuck).toBeUndefined();
  }
  progress.passed(1_000);
  expect(progress.stuck).toContain("Leader owes a file-written");
});

test("progress: who repairs owes no attempt while its duty takes what it may to end", () => {
  const progress = new Progress(timings, { patience }, { ...writing, endMs: 90_000 });
  progress.observe(transition("Leader", "Failover", "lease-ended"));
  progress.passed(90_000 + timings.failoverTimeoutMs + answerMs);
  expect(progress.stuck).toBeUndefined();
  progress.passed(1);
  expect(progress.stuck).toContain("Failover owes a repair");
});

test("progress: what other parts say is no sign of life of the state", () => {
  const progress = inState("Attempter");
  progress.passed(timings.attempterTimeoutMs + attemptMs + 1);
  progress.observe({ kind: "request", operation: "ping", outcome: "ok", durationMs: 1 });
  progress.observe({ kind: "standing", standing: { kind: "member" } });
  expect(progress.stuck).toContain("attempt");
});

test("progress: a state begins anew with every transition", () => {
  const progress = inState("Init");
  progress.passed(answerMs + 1);
  expect(progress.stuck).toContain("Init");
  progress.observe(transition("Init", "Failover", "unreachable"));
  expect(progress.stuck).toBeUndefined();
});

test("progress: an attempt that waits for an earlier lease to end may take as much longer", () => {
  const progress = inState("Attempter");
  progress.observe({ kind: "waiting-out", epoch, waitMs: 50_000, observed: false });
  progress.passed(timings.attempterTimeoutMs + attemptMs + 50_000);
  expect(progress.stuck).toBeUndefined();
  progress.passed(1);
  expect(progress.stuck).toContain("Attempter");
});

test("progress: a coordinator that may take longer allows longer silence", () => {
  const changing = { patience };
  const progress = new Progress(timings, changing, writing);
  changing.patience = { ...patience, answersMs: 12_000 };
  progress.passed(answerMs + 9_000);
  expect(progress.stuck).toBeUndefined();
  progress.passed(1);
  expect(progress.stuck).toContain("Init");
});

test("progress: a duty without a pace owes no files", () => {
  const progress = new Progress(timings, { patience }, silent);
  progress.observe(transition("Attempter", "Leader", "elected"));
  for (let renewal = 0; renewal < 1_000; renewal += 1) {
    progress.passed(1_000);
    progress.observe(lease(0, 6_666));
  }
  expect(progress.stuck).toBeUndefined();
});

test("progress: a replica that was asked not to stand owes no attempt before it does again", () => {
  const progress = inState("Attempter");
  const resting = { kind: "resting", until: 0 as Instant, leader: undefined } as const;
  progress.observe({ ...resting, change: "began", restMs: 600_000 });
  progress.passed(600_000 + timings.attempterTimeoutMs + attemptMs);
  expect(progress.stuck).toBeUndefined();
  progress.passed(1);
  expect(progress.stuck).toContain("attempt");
});

test("progress: a pace that changes holds from then on", () => {
  const changing = { ...timings };
  const progress = new Progress(changing, { patience }, writing);
  progress.observe(transition("Attempter", "Leader", "elected"));
  changing.leaderTimeoutMs = 600_000;
  progress.passed(600_000);
  progress.observe(lease(0, 6_666));
  expect(progress.stuck).toBeUndefined();
});
