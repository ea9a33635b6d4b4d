import { expect, test } from "bun:test";
import type { ReplicaId } from "../../src/election/ports/coordinator.ts";
import type { DutyEnd, Mandate } from "../../src/election/ports/duty.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import { Scope, aborted } from "../../src/base/scope.ts";
import { ExecDuty } from "../../src/exec/exec-duty.ts";
import type { RestartPolicy, Sequel } from "../../src/exec/options.ts";
import { FakeCommands } from "../fake/commands.ts";
import { Recorder } from "../fake/election.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { fakeMandate } from "../fake/mandate.ts";

const leaseMs = 6_600;
const stoppingMs = 2_500;

class Desk {
  readonly scheduler = new FakeScheduler();
  readonly commands = new FakeCommands();
  readonly observer = new Recorder();
  readonly stop = new AbortController();
  readonly sequels: string[] = [];
  readonly duty: ExecDuty;
  mayAct = true;
  validUntil = leaseMs;
  worked = 0;
  end: DutyEnd | undefined;
  #renewed = new AbortController();

  /** What the lease that is granted comes to; a test may change it. */
  readonly granted: { leaseProblem: string | undefined } = { leaseProblem: undefined };

  constructor(restart: RestartPolicy = "always", sequel: Sequel = "stay") {
    const { granted } = this;
    this.duty = new ExecDuty({
      commands: this.commands,
      scheduler: this.scheduler,
      observer: this.observer,
      replica: "a" as ReplicaId,
      restart,
      sequel,
      stoppingMs,
      get leaseProblem() {
        return granted.leaseProblem;
      },
      resign: () => this.sequels.push("resign"),
      exit: (code) => this.sequels.push(`exit ${code}`),
    });
  }

  async lead(): Promise<void> {
    const mandate: Mandate = fakeMandate({
      mayAct: () => this.mayAct,
      validUntil: () => this.validUntil as Instant,
      renewal: async (signal) => {
        using waiting = new Scope(signal, this.#renewed.signal);
        await aborted(waiting.signal);
      },
      worked: () => {
        this.worked += 1;
      },
    });
    void this.duty.lead(mandate, this.stop.signal).then((end) => {
      this.end = end;
    });
    await settle();
  }

  async renew(validUntil: number): Promise<void> {
    this.validUntil = validUntil;
    const renewed = this.#renewed;
    this.#renewed = new AbortController();
    renewed.abort();
    await settle();
  }

  async exits(code: number): Promise<void> {
    this.commands.end({ kind: "exited", code });
    await settle();
  }
}

test("exec: the command starts with the epoch, and until the end of the lease", async () => {
  const desk = new Desk();
  await desk.lead();
  expect(desk.commands.orders).toEqual([
    {
      until: leaseMs as Instant,
      environment: {
        ELECTION_EPOCH: "7",
        ELECTION_REPLICA_ID: "a",
        // A tenth earlier, because the clock that it is read by may be slewed so far.
        ELECTION_LEASE_UNTIL: "5.94",
      },
    },
  ]);
});

test("exec: every renewal moves the command's end", async () => {
  const desk = new Desk();
  await desk.lead();
  await desk.renew(9_000);
  await desk.renew(11_500);
  expect(desk.commands.journal).toEqual(["start", "extend 9000", "extend 11500"]);
});

test("exec: a command that has run for a while works, and does not wait for its end to prove it", async () => {
  const desk = new Desk();
  await desk.lead();
  await desk.scheduler.advance(9_999);
  expect(desk.worked).toBe(0);
  await desk.scheduler.advance(1);
  expect(desk.worked).toBe(1);
  desk.commands.end({ kind: "unsupervised", detail: "its supervisor ended, with SIGKILL" });
  await settle();
  expect(desk.end).toMatchObject({ kind: "failed" });
  expect(desk.worked).toBe(1);
  expect(desk.scheduler.sleeping).toBe(0);
});

test("exec: leadership given up waits for the command's end", async () => {
  const desk = new Desk();
  desk.commands.obeys = false;
  await desk.lead();
  desk.stop.abort();
  await settle();
  expect(desk.commands.journal).toEqual(["start", "stop"]);
  expect(desk.end).toBeUndefined();
  desk.commands.end({ kind: "stopped", cause: "asked" });
  await settle();
  expect(desk.end).toEqual({ kind: "stopped" });
  expect(desk.scheduler.sleeping).toBe(0);
});

test("exec: a command that was stopped because the lease ran out ends leadership", async () => {
  const desk = new Desk();
  await desk.lead();
  desk.commands.end({ kind: "stopped", cause: "deadline" });
  await settle();
  expect(desk.end).toMatchObject({
    kind: "failed",
    failure: { resource: "coordinator", code: "lease-ended" },
  });
  expect(desk.worked).toBe(0);
});

test.each([
  [{ kind: "not-started", detail: "work: ENOENT" }, "the command did not start: work: ENOENT"],
  [{ kind: "unsupervised", detail: "it was killed" }, "the command was killed: it was killed"],
] as const)("exec: after %j another replica may try", async (end, detail) => {
  const desk = new Desk();
  await desk.lead();
  desk.commands.end(end);
  await settle();
  expect(desk.end).toEqual({
    kind: "failed",
    failure: { resource: "duty", code: "duty-failed", detail },
  });
});

test("exec: a command that is not there fails the proof", async () => {
  const desk = new Desk();
  expect(await desk.duty.prove()).toEqual({ kind: "proved", fence: undefined });
  desk.commands.missing = "it is not there";
  expect(await desk.duty.prove()).toMatchObject({
    kind: "failed",
    failure: { code: "duty-failed", detail: "it is not there" },
  });
});

test.each([
  ["always", 0, 2],
  ["always", 1, 2],
  ["on-failure", 0, 1],
  ["on-failure", 1, 2],
  ["never", 0, 1],
  ["never", 1, 1],
] as const)("exec: restart %s after status %d: %d starts", async (restart, status, starts) => {
  const desk = new Desk(restart);
  await desk.lead();
  await desk.exits(status);
  expect(desk.worked).toBe(1);
  await desk.renew(60_000);
  await desk.scheduler.advance(1_000);
  expect(desk.commands.orders).toHaveLength(starts);
});

test.each([
  ["stay", []],
  ["resign", ["resign"]],
  ["exit", ["exit 3"]],
] as const)("exec: when it does not start again: %s", async (sequel, expected) => {
  const desk = new Desk("never", sequel);
  await desk.lead();
  await desk.exits(3);
  expect(desk.sequels).toEqual([...expected]);
  expect(desk.end).toBeUndefined();
  desk.stop.abort();
  await settle();
  expect(desk.end).toEqual({ kind: "stopped" });
});

test("exec: pauses between starts double up to 30 s, and are short again after a good run", async () => {
  const desk = new Desk();
  desk.validUntil = 10_000_000;
  await desk.lead();
  const pauses: number[] = [];
  for (let run = 0; run < 8; run += 1) {
    const from = desk.scheduler.now();
    const before = desk.commands.orders.length;
    await desk.exits(1);
    while (desk.commands.orders.length === before) await desk.scheduler.advance(10);
    pauses.push(desk.scheduler.now() - from);
  }
  for (const [index, pause] of pauses.entries()) {
    const full = Math.min(30_000, 1_000 * 2 ** index);
    expect(pause).toBeGreaterThanOrEqual(full / 2 - 10);
    expect(pause).toBeLessThanOrEqual(full + 10);
  }
  await desk.scheduler.advance(10_000);
  await desk.exits(1);
  await desk.scheduler.advance(1_000);
  expect(desk.commands.orders).toHaveLength(10);
});

test("exec: it starts only when the lease leaves room to stop it", async () => {
  const desk = new Desk();
  desk.validUntil = stoppingMs;
  await desk.lead();
  expect(desk.commands.orders).toHaveLength(0);
  await desk.renew(leaseMs);
  expect(desk.commands.orders).toHaveLength(1);
});

test("exec: where the lease never leaves room, leadership is for others", async () => {
  const desk = new Desk();
  desk.validUntil = stoppingMs;
  await desk.lead();
  await desk.scheduler.advance(10_000);
  expect(desk.end).toMatchObject({ kind: "failed", failure: { code: "duty-failed" } });
});

test("exec: where what is granted leaves a command no time, none starts, and the arithmetic is told", async () => {
  const desk = new Desk();
  desk.granted.leaseProblem = "too short";
  await desk.lead();
  expect(desk.commands.orders).toHaveLength(0);
  expect(desk.end).toMatchObject({ failure: { code: "duty-failed", detail: "too short" } });
});

test("exec: a command that is stopped because less is granted blames the grant, not the answers", async () => {
  const desk = new Desk();
  await desk.lead();
  desk.granted.leaseProblem = "too short";
  desk.commands.end({ kind: "stopped", cause: "deadline" });
  await settle();
  expect(desk.end).toMatchObject({ failure: { code: "duty-failed", detail: "too short" } });
});

test("exec: a mandate that may not act starts nothing", async () => {
  const desk = new Desk();
  desk.mayAct = false;
  await desk.lead();
  expect(desk.commands.orders).toHaveLength(0);
});
