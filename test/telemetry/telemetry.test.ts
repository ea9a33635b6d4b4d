import { expect, test } from "bun:test";
import type { ElectionEvent } from "../../src/election/ports/observer.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import * as machine from "../../src/election/transitions.ts";
import { fanOut } from "../../src/telemetry/fan-out.ts";
import { Exposition } from "../../src/telemetry/metrics/exposition.ts";
import { Telemetry } from "../../src/telemetry/telemetry.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { epoch, lease, life, metricsOf, other, self, transition } from "./fixture.ts";

function start(events: readonly ElectionEvent[] = []) {
  const scheduler = new FakeScheduler();
  const lines: string[] = [];
  const telemetry = new Telemetry({
    scheduler,
    exposition: Exposition,
    write: (bytes) => {
      lines.push(Buffer.from(bytes).toString());
      return bytes.length;
    },
    logLevel: "info",
    logFormat: "json",
    colours: false,
    journal: false,
    self: () => self,
    version: "1.2.3",
    coordinatorName: "fake",
    failover: () => [{ kind: "crash", ms: 4_000, terms: [], commits: 1 }],
    pending: { timers: () => scheduler.sleeping, requests: () => 3 },
    settings: () => [{ option: "zk-path", value: "/election", source: "default", place: null }],
  });
  for (const event of events) telemetry.observer.observe(event);
  return { scheduler, telemetry, lines };
}

async function metric(telemetry: Telemetry, series: string): Promise<string | undefined> {
  const text = await metricsOf(telemetry);
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line?.slice(series.length + 1);
}

const leading = [
  transition("Init", "Attempter", "ready"),
  lease(0, 6666),
  { kind: "attempt", outcome: "won", leader: undefined, detail: undefined },
  transition("Attempter", "Leader", "elected"),
] satisfies readonly ElectionEvent[];

test("present: a leader is one while its leadership may act, whatever else its lease says", async () => {
  let mayAct = true;
  const { scheduler, telemetry } = start(leading);
  telemetry.observer.observe(lease(0, 6666, () => mayAct));
  expect(telemetry.present.isLeader).toBe(true);
  scheduler.stall(6665);
  expect(telemetry.present.isLeader).toBe(true);
  expect(await metric(telemetry, "election_lease_remaining_seconds")).toBe("0.001");
  expect(await metric(telemetry, "election_is_leader")).toBe("1");
  mayAct = false;
  expect(telemetry.present.isLeader).toBe(false);
  expect(telemetry.present.state).toBe("Leader");
  expect(await metric(telemetry, "election_lease_remaining_seconds")).toBe("0");
  expect(await metric(telemetry, "election_is_leader")).toBe("0");
});

test("present: a renewal prolongs the lease", () => {
  const { scheduler, telemetry } = start(leading);
  scheduler.stall(2500);
  telemetry.observer.observe(lease(2500, 9166));
  scheduler.stall(6665);
  expect(telemetry.status().lease).toEqual({ remainingMs: 1, renewalAgeMs: 6665 });
});

test("present: a lease that was begun in vain is forgotten, and a new one counts", () => {
  const { scheduler, telemetry } = start([transition("Init", "Attempter", "ready"), lease(0, 100)]);
  telemetry.observer.observe({
    kind: "attempt",
    outcome: "undecided",
    leader: undefined,
    detail: "x",
  });
  expect(telemetry.status().lease).toBeNull();
  scheduler.stall(1000);
  telemetry.observer.observe(lease(1000, 1100));
  expect(telemetry.status().lease).toEqual({ remainingMs: 100, renewalAgeMs: 0 });
  telemetry.observer.observe(transition("Attempter", "Failover", "session-lost"));
  telemetry.observer.observe(lease(1050, 1150));
  expect(telemetry.status().lease).toBeNull();
});

test("status: tells a replica's life", () => {
  const { scheduler, telemetry } = start();
  for (const event of life.slice(0, 8)) telemetry.observer.observe(event);
  expect(telemetry.leader()).toMatchObject({ replica: "other" });
  expect(telemetry.status().standing).toEqual({
    kind: "in-line",
    position: 1,
    size: 3,
    candidates: ["other", "me", "third"],
  });
  for (const event of life.slice(8, 16)) telemetry.observer.observe(event);
  // It stood behind a leader that is gone: where it stands now has not been read.
  expect(telemetry.status()).toMatchObject({ state: "Leader", standing: null });
  scheduler.stall(100);
  expect(JSON.parse(JSON.stringify(telemetry.status())) as unknown).toMatchSnapshot();
  for (const event of life.slice(16, 19)) telemetry.observer.observe(event);
  const failed = telemetry.status();
  expect(failed).toMatchObject({ state: "Failover", epoch: null, leader: null, standing: null });
  expect(failed.coordinator).toMatchObject({
    name: "fake",
    health: "failed",
    connection: { change: "lost", detail: "the session is gone" },
    facts: [{ name: "session-timeout", value: "session 4 s, 10 s asked" }],
  });
  expect(failed.duty.health).toBe("good");
});

test("status: the resource that failed is blamed until it works again", () => {
  const { telemetry } = start(leading);
  const lost = transition("Leader", "Failover", "duty-failed");
  telemetry.observer.observe({ ...lost, failed: "duty" });
  const { duty, coordinator } = telemetry.status();
  expect([coordinator.health, duty]).toMatchObject(["good", { detail: lost.detail }]);
  const failure = { resource: "duty", code: "duty-failed", detail: "disk full" } as const;
  const repair = { kind: "repair", resource: "duty", attempt: 1, left: 2 } as const;
  telemetry.observer.observe({ ...repair, failure });
  expect(telemetry.status().duty.detail).toBe("disk full");
  telemetry.observer.observe({ ...repair, failure: undefined });
  expect(telemetry.status().duty).toMatchObject({ health: "good", detail: null });
});

test("status: remembers the last 100 transitions and the last 20 files, the latest first", () => {
  const { telemetry } = start();
  for (let index = 0; index < 150; index += 1) {
    telemetry.observer.observe(transition("Failover", "Init", `number ${index}`));
    const file = `${index}.json`;
    telemetry.observer.observe({ kind: "file-written", file, epoch, durationMs: 1 });
  }
  const { transitions, files } = telemetry.status();
  expect([transitions.length, transitions[0]?.reason]).toEqual([100, "number 149"]);
  expect([files.latest.length, files.latest[0]?.file, files.written]).toEqual([
    20,
    "149.json",
    150,
  ]);
});

test("status: counts every edge of the table, and tells what became of the command", () => {
  const { telemetry } = start(leading);
  expect(telemetry.status().command).toBeNull();
  telemetry.observer.observe(transition("Leader", "Attempter", "step-down"));
  telemetry.observer.observe(transition("Attempter", "Leader", "elected"));
  telemetry.observer.observe({
    kind: "command",
    change: "exited",
    epoch,
    status: 3,
    detail: "exited with status 3",
  });
  const { edges, command } = telemetry.status();
  expect(edges).toHaveLength(Object.values(machine.transitions).flat().length);
  expect(edges.filter(({ count }) => count > 0)).toEqual([
    { from: "Init", to: "Attempter", count: 1 },
    { from: "Attempter", to: "Leader", count: 2 },
    { from: "Leader", to: "Attempter", count: 1 },
  ]);
  expect(command).toMatchObject({ change: "exited", status: 3, epoch: epoch.toString() });
});

test("changes: are told of what the status shows, to whoever listens", () => {
  const { telemetry } = start();
  let heard = 0;
  const listening = telemetry.onChange(() => {
    heard += 1;
  });
  for (const event of leading) telemetry.observer.observe(event);
  expect(heard).toBe(leading.length);
  telemetry.observer.observe({ kind: "request", operation: "x", outcome: "ok", durationMs: 1 });
  telemetry.observer.observe({ kind: "command-output", stream: "stdout", line: "x" });
  expect(heard).toBe(leading.length);
  listening[Symbol.dispose]();
  telemetry.observer.observe(transition("Leader", "Attempter", "step-down"));
  expect(heard).toBe(leading.length);
});

test("status: who led is unknown after leadership was lost, until an attempt tells", () => {
  const { telemetry } = start(leading);
  expect(telemetry.leader()).toMatchObject({ replica: "me" });
  telemetry.observer.observe(transition("Leader", "Attempter", "step-down"));
  expect(telemetry.leader()).toBeUndefined();
  telemetry.observer.observe({ kind: "attempt", outcome: "led", leader: other, detail: undefined });
  expect(telemetry.leader()).toMatchObject({ replica: "other" });
});

test("metrics: everything finite is there at the start, and all of it after a life", async () => {
  const { scheduler, telemetry } = start();
  const before = stable(await metricsOf(telemetry));
  for (const event of life) telemetry.observer.observe(event);
  await scheduler.advance(1000);
  expect(before).toMatchSnapshot();
  expect(stable(await metricsOf(telemetry))).toMatchSnapshot();
  await telemetry[Symbol.asyncDispose]();
});

/** The lines that do not depend on the machine. */
function stable(metrics: string): string {
  return metrics
    .split("\n")
    .filter((line) => !/^process_|_bucket|^election_build_info\{/.test(line))
    .join("\n");
}

test("metrics: the process figures are true ones", async () => {
  const { telemetry } = start();
  expect(Number(await metric(telemetry, "process_resident_memory_bytes"))).toBeGreaterThan(1e6);
  expect(Number(await metric(telemetry, "process_cpu_seconds_total"))).toBeGreaterThan(0);
  expect(Number(await metric(telemetry, "process_open_fds"))).toBeGreaterThan(2);
  const build = `election_build_info{version="1.2.3",bun="${Bun.version}"}`;
  expect(await metric(telemetry, build)).toBe("1");
  expect(await metricsOf(telemetry)).not.toMatch(/zk|zoo/i);
});

test("metrics: what is pending is asked for at every scrape", async () => {
  const { scheduler, telemetry } = start();
  expect(await metric(telemetry, "election_coordinator_requests_pending")).toBe("3");
  // The loop's lag is measured by one sleep after another.
  expect(await metric(telemetry, "election_timers_pending")).toBe("1");
  const over = new AbortController();
  const sleep = scheduler.sleep(1000, over.signal);
  expect(await metric(telemetry, "election_timers_pending")).toBe("2");
  over.abort();
  await sleep;
  expect(await metric(telemetry, "election_timers_pending")).toBe("1");
  await telemetry[Symbol.asyncDispose]();
});

test("metrics: the loop's lag is what the scheduler's wake-up is late by", async () => {
  const { scheduler, telemetry } = start();
  scheduler.stall(1300);
  await scheduler.advance(0);
  expect(await metric(telemetry, "election_event_loop_lag_seconds_sum")).toBe("0.3");
  await telemetry[Symbol.asyncDispose]();
  await telemetry[Symbol.asyncDispose]();
  expect(scheduler.sleeping).toBe(0);
});

test("metrics: two replicas in one process do not share a registry", async () => {
  const first = start(life);
  const second = start();
  expect(await metric(first.telemetry, "election_files_written_total")).toBe("1");
  expect(await metric(second.telemetry, "election_files_written_total")).toBe("0");
});

test("fan-out: an observer that throws hides nothing from the others", () => {
  const heard: string[] = [];
  const observer = fanOut(
    [
      {
        observe: () => {
          throw new Error("fake");
        },
      },
      { observe: ({ kind }) => heard.push(kind) },
    ],
    (error, event) => {
      heard.push(`${String(error)} at ${event.kind}`);
      throw new Error("worse");
    },
  );
  observer.observe({ kind: "files-pruned", count: 1 });
  expect(heard).toEqual(["Error: fake at files-pruned", "files-pruned"]);
});

test("status: shows a rest until it is over, and who leads meanwhile", () => {
  const { scheduler, telemetry } = start(leading);
  expect(telemetry.status().resting).toBeNull();
  telemetry.observer.observe(transition("Leader", "Attempter", "step-down"));
  const until = 30_000 as Instant;
  telemetry.observer.observe({
    kind: "resting",
    change: "began",
    until,
    restMs: 1,
    leader: undefined,
  });
  scheduler.stall(10_000);
  expect(telemetry.status()).toMatchObject({ resting: { remainingMs: 20_000 }, leader: null });
  telemetry.observer.observe({ kind: "resting", change: "led", until, restMs: 1, leader: other });
  expect(telemetry.leader()).toMatchObject({ replica: "other" });
  telemetry.observer.observe({
    kind: "resting",
    change: "vacant",
    until,
    restMs: 1,
    leader: undefined,
  });
  expect(telemetry.leader()).toBeUndefined();
  telemetry.observer.observe(transition("Attempter", "Failover", "session-lost"));
  expect(telemetry.status().resting).toEqual({ remainingMs: 20_000 });
  scheduler.stall(20_000);
  expect(telemetry.status().resting).toBeNull();
});
