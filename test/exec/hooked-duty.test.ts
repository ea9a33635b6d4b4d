import { expect, test } from "bun:test";
import type { ReplicaId } from "../../src/election/ports/coordinator.ts";
import type { Duty, DutyEnd } from "../../src/election/ports/duty.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import { aborted } from "../../src/base/scope.ts";
import { HookedDuty } from "../../src/exec/hooked-duty.ts";
import { FakeCommands } from "../fake/commands.ts";
import { Recorder } from "../fake/election.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { fakeMandate } from "../fake/mandate.ts";

class Desk {
  readonly scheduler = new FakeScheduler();
  readonly elected = new FakeCommands();
  readonly lost = new FakeCommands();
  readonly observer = new Recorder();
  readonly stop = new AbortController();
  readonly journal: string[] = [];
  end: DutyEnd | undefined;
  dutyEnd: DutyEnd = { kind: "stopped" };
  readonly hooked: HookedDuty;

  constructor() {
    const duty: Duty = {
      prove: () => Promise.resolve({ kind: "proved", fence: undefined }),
      lead: async (_term, signal) => {
        this.journal.push("duty");
        if (this.dutyEnd.kind === "stopped") await aborted(signal);
        return this.dutyEnd;
      },
    };
    this.hooked = new HookedDuty({
      duty,
      elected: this.elected,
      lost: this.lost,
      timeoutMs: 3_000,
      stoppingMs: 2_500,
      lostStoppingMs: 2_500,
      scheduler: this.scheduler,
      observer: this.observer,
      replica: "a" as ReplicaId,
    });
  }

  async lead(): Promise<void> {
    const mandate = fakeMandate({
      validUntil: () => 4_000 as Instant,
      endReason: () => "step-down",
    });
    void this.hooked.lead(mandate, this.stop.signal).then((end) => {
      this.end = end;
    });
    await settle();
  }
}

const ended = { kind: "exited", code: 0 } as const;

test("hooks: one ends before the duty begins, the other before leadership is given up", async () => {
  const desk = new Desk();
  await desk.lead();
  expect([desk.elected.journal, desk.journal]).toEqual([["start"], []]);
  expect(desk.elected.orders).toEqual([
    {
      until: 4_000 as Instant,
      environment: { ELECTION_EPOCH: "7", ELECTION_REPLICA_ID: "a", ELECTION_REASON: "elected" },
    },
  ]);
  desk.elected.end(ended);
  await settle();
  expect(desk.journal).toEqual(["duty"]);
  desk.stop.abort();
  await settle();
  expect(desk.lost.orders[0]).toEqual({
    until: 5_500 as Instant,
    environment: { ELECTION_EPOCH: "7", ELECTION_REPLICA_ID: "a", ELECTION_REASON: "step-down" },
  });
  expect(desk.end).toBeUndefined();
  desk.lost.end(ended);
  await settle();
  expect(desk.end).toEqual({ kind: "stopped" });
  expect(desk.scheduler.sleeping).toBe(0);
});

test("hooks: leadership that ends during the first one skips the duty, not the second", async () => {
  const desk = new Desk();
  await desk.lead();
  desk.stop.abort();
  await settle();
  expect(desk.elected.journal).toEqual(["start", "stop"]);
  expect([desk.journal, desk.lost.journal]).toEqual([[], ["start"]]);
  desk.lost.end({ kind: "exited", code: 1 });
  await settle();
  expect(desk.end).toEqual({ kind: "stopped" });
});

test("hooks: a failure of the duty is the reason that the second one finds", async () => {
  const desk = new Desk();
  const failure = { resource: "duty", code: "fenced", detail: "?" } as const;
  desk.dutyEnd = { kind: "failed", failure };
  await desk.lead();
  desk.elected.end({ kind: "exited", code: 5 });
  await settle();
  expect(desk.lost.orders[0]?.environment["ELECTION_REASON"]).toBe("fenced");
  desk.lost.end({ kind: "stopped", cause: "deadline" });
  await settle();
  expect(desk.end).toEqual({ kind: "failed", failure });
  expect(desk.observer.events).toEqual([
    { kind: "notice", level: "warn", detail: "on-elected ended with status 5" },
    { kind: "notice", level: "warn", detail: "on-lost took too long, and was stopped" },
  ]);
});

test("hooks: one that is not there fails the proof", async () => {
  const desk = new Desk();
  desk.lost.missing = "the command is not there";
  expect(await desk.hooked.prove()).toMatchObject({
    kind: "failed",
    failure: { code: "duty-failed", detail: "--on-lost: the command is not there" },
  });
  desk.elected.missing = "the command is not there";
  expect(await desk.hooked.prove()).toMatchObject({
    failure: { detail: "--on-elected: the command is not there" },
  });
});
