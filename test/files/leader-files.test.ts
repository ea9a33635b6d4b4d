import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import { expect, test } from "bun:test";
import type { ReplicaId } from "../../src/election/ports/coordinator.ts";
import type { DutyEnd } from "../../src/election/ports/duty.ts";
import { finalName, temporaryName } from "../../src/files/file-name.ts";
import { LeaderFiles } from "../../src/files/leader-files.ts";
import { FakeDisk } from "../fake/disk.ts";
import { epochOf, held, Recorder } from "../fake/election.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { fakeMandate } from "../fake/mandate.ts";

class Desk {
  readonly disk = new FakeDisk();
  readonly scheduler = new FakeScheduler();
  readonly observer = new Recorder();
  readonly stop = new AbortController();
  readonly files: LeaderFiles;
  mayAct = true;
  worked = 0;
  readonly hanging: string[] = [];
  readonly limits: { leaderTimeoutMs: number; storageCapacity: number };
  changing = new AbortController();

  constructor(storageCapacity = 3) {
    const { disk, scheduler, observer } = this;
    this.limits = { leaderTimeoutMs: 1000, storageCapacity };
    this.files = new LeaderFiles({
      service: "/election",
      disk,
      scheduler,
      observer,
      replica: "a" as ReplicaId,
      host: "host",
      limits: this.limits,
      limitsChanged: () => this.changing.signal,
    });
  }

  lead(epoch = 7) {
    const mandate = fakeMandate({
      epoch: epochOf(epoch),
      timing: leaseTimingOf(4000),
      mayAct: () => this.mayAct,
      worked: () => {
        this.worked += 1;
      },
      hangs: (failure) => this.hanging.push(failure.detail),
    });
    return this.files.lead(mandate, this.stop.signal);
  }

  /** It ends when it is asked to, and leaves nothing behind. */
  async stops(end: Promise<DutyEnd>): Promise<void> {
    this.stop.abort();
    expect(await end).toEqual({ kind: "stopped" });
    expect(this.scheduler.sleeping).toBe(0);
  }

  /** Another pace from now on. */
  change(leaderTimeoutMs: number): void {
    this.limits.leaderTimeoutMs = leaderTimeoutMs;
    const { changing } = this;
    this.changing = new AbortController();
    changing.abort();
  }

  get names(): readonly string[] {
    return [...this.disk.files.keys()].toSorted();
  }
}

const file = (epoch: number, sequence: number): string => finalName(epochOf(epoch), sequence);

test("files: the first one is written at once, the next every leader-timeout", async () => {
  const desk = new Desk(10);
  const end = desk.lead();
  await settle();
  expect(desk.names).toEqual([file(7, 1)]);
  await desk.scheduler.advance(999);
  expect(desk.names).toHaveLength(1);
  await desk.scheduler.advance(1);
  expect(desk.names).toEqual([file(7, 1), file(7, 2)]);
  await desk.stops(end);
});

test("files: another pace counts at once, from the last file on", async () => {
  const desk = new Desk(10);
  const end = desk.lead();
  await desk.scheduler.advance(400);
  desk.change(5000);
  await desk.scheduler.advance(4599);
  expect(desk.names).toHaveLength(1);
  await desk.scheduler.advance(1);
  expect(desk.names).toHaveLength(2);
  await desk.scheduler.advance(2500);
  desk.change(1000);
  await desk.scheduler.advance(499);
  expect(desk.names).toHaveLength(2);
  await desk.scheduler.advance(1);
  expect(desk.names).toHaveLength(3);
  await desk.scheduler.advance(2000);
  expect(desk.names).toHaveLength(5);
  await desk.stops(end);
});

test("files: another capacity counts from the next file on", async () => {
  const desk = new Desk(4);
  const end = desk.lead();
  await desk.scheduler.advance(3500);
  expect(desk.names).toHaveLength(4);
  desk.limits.storageCapacity = 2;
  await desk.scheduler.advance(500);
  expect(desk.names).toEqual([file(7, 4), file(7, 5)]);
  await desk.stops(end);
});

test("files: a file says who wrote it, under which epoch, and when", async () => {
  const desk = new Desk();
  const end = desk.lead();
  await settle();
  expect(JSON.parse(desk.disk.files.get(file(7, 1)) ?? "")).toEqual(
    Object.assign(
      { replica: "a", host: "host", service: "/election" },
      { epoch: "7", sequence: 1, writtenAt: "2026-01-01T00:00:00.000Z" },
    ),
  );
  await desk.stops(end);
});

test("files: no more than the capacity remain, the newest, and no stranger's is touched", async () => {
  const desk = new Desk(3);
  const strangers = ["notes.txt", "7-1.json", `${file(1, 1)}.bak`, ".hidden"];
  for (const name of [...strangers, file(2, 1), file(2, 2), file(3, 9)]) {
    desk.disk.files.set(name, "old");
  }
  const end = desk.lead();
  await settle();
  expect(desk.names).toEqual([...strangers, file(2, 2), file(3, 9), file(7, 1)].toSorted());
  await desk.scheduler.advance(5000);
  expect(desk.names).toEqual([...strangers, file(7, 4), file(7, 5), file(7, 6)].toSorted());
  await desk.stops(end);
});

test("files: I2: nothing is started while the lease does not hold", async () => {
  const desk = new Desk();
  desk.mayAct = false;
  const end = desk.lead();
  await desk.scheduler.advance(5000);
  expect(desk.disk.journal).toEqual([]);
  await desk.stops(end);
});

test("files: I2: a file whose lease ended during the flush is not published", async () => {
  const desk = new Desk();
  const flush = held();
  desk.disk.before = (step) => (step === "write" ? flush.promise : undefined);
  const end = desk.lead();
  await settle();
  desk.mayAct = false;
  flush.release();
  await settle();
  expect(desk.names).toEqual([]);
  expect(desk.worked).toBe(0);
  await desk.stops(end);
});

test("files: I4: a stop during the flush waits for it, and publishes nothing", async () => {
  const desk = new Desk();
  const flush = held();
  desk.disk.before = (step) => (step === "write" ? flush.promise : undefined);
  let ended = false;
  const end = desk.lead().finally(() => {
    ended = true;
  });
  await settle();
  desk.stop.abort();
  await settle();
  expect(ended).toBe(false);
  flush.release();
  expect(await end).toEqual({ kind: "stopped" });
  expect(desk.names).toEqual([]);
});

test("files: I3: a higher epoch in the directory fences, and nothing is pruned", async () => {
  const desk = new Desk(1);
  desk.disk.files.set(file(3, 1), "old");
  desk.disk.files.set(file(8, 1), "higher");
  const end = await desk.lead();
  expect(end).toMatchObject({ kind: "failed", failure: { code: "fenced" } });
  if (end.kind !== "failed") throw new Error("unexpected");
  expect(end.failure.detail).toContain(file(8, 1));
  expect(end.failure.detail).toMatch(/move the old files .+ a --file-dir of its own/);
  expect(desk.names).toEqual([file(3, 1), file(8, 1)]);
});

test("files: I2: pruning looks at the lease between small batches", async () => {
  const desk = new Desk(1);
  for (let sequence = 1; sequence <= 100; sequence += 1) {
    desk.disk.files.set(file(2, sequence), "old");
  }
  let removed = 0;
  desk.disk.before = (step) => {
    if (step !== "remove") return;
    removed += 1;
    if (removed === 10) desk.mayAct = false;
  };
  const end = desk.lead();
  await settle();
  expect(removed).toBe(32);
  await desk.stops(end);
});

test.each(["write", "publish", "list"])("files: a failing %s ends the duty", async (which) => {
  const desk = new Desk(1);
  desk.disk.files.set(file(2, 1), "old");
  desk.disk.before = (step) => {
    if (step === which) throw new Error("ENOSPC: no space left on device");
  };
  expect(await desk.lead()).toMatchObject({
    kind: "failed",
    failure: { resource: "duty", code: "duty-failed" },
  });
});

test("files: a failed write leaves no temporary file behind", async () => {
  const desk = new Desk();
  desk.disk.before = (step) => {
    if (step === "publish") throw new Error("EIO: i/o error");
  };
  await desk.lead();
  expect(desk.names).toEqual([]);
});

test("files: unfinished files of lower epochs are removed, those of others' proofs are not", async () => {
  const desk = new Desk();
  const stale = temporaryName(epochOf(6), 4, "b");
  const probe = temporaryName(epochOf(0), 0, "b");
  desk.disk.files.set(stale, "half");
  desk.disk.files.set(probe, "probe");
  const end = desk.lead();
  await settle();
  expect(desk.names).toEqual([probe, file(7, 1)].toSorted());
  await desk.stops(end);
});

test("files: a moment of the pace that was missed is left out, not made up", async () => {
  const desk = new Desk(10);
  const end = desk.lead();
  await settle();
  desk.scheduler.stall(3500);
  await desk.scheduler.advance(0);
  expect(desk.names).toHaveLength(2);
  await desk.scheduler.advance(499);
  expect(desk.names).toHaveLength(2);
  await desk.scheduler.advance(1);
  expect(desk.names).toHaveLength(3);
  await desk.stops(end);
});

test("proof: writes, flushes, renames and removes a probe, and cleans up after itself", async () => {
  const desk = new Desk();
  desk.disk.files.set(temporaryName(epochOf(3), 1, "a"), "left over");
  desk.disk.files.set(temporaryName(epochOf(3), 1, "b"), "somebody else's");
  expect(await desk.files.prove()).toEqual({ kind: "proved", fence: undefined });
  expect(desk.names).toEqual([temporaryName(epochOf(3), 1, "b")]);
  const steps = desk.disk.journal.map((step) => step.split(" ")[0]);
  expect(steps).toEqual(["make", "write", "publish", "stat", "remove", "list", "remove"]);
});

test("proof: names the highest epoch of the directory", async () => {
  const desk = new Desk();
  desk.disk.files.set(file(3, 1), "old");
  desk.disk.files.set(file(12, 1), "old");
  expect(await desk.files.prove()).toMatchObject({ kind: "proved", fence: { epoch: 12n } });
});

test.each(["make", "write", "publish", "remove", "list"])(
  "proof: a failing %s is told",
  async (which) => {
    const desk = new Desk();
    desk.disk.before = (step) => {
      if (step === which) throw new Error("EROFS: read-only file system");
    };
    expect(await desk.files.prove()).toMatchObject({
      kind: "failed",
      failure: { code: "duty-failed", detail: "/fake: EROFS: read-only file system" },
    });
  },
);

test("files: a write that hangs is told once, and ends the duty only when it ends", async () => {
  const desk = new Desk();
  const flush = held();
  desk.disk.before = (step) => (step === "write" ? flush.promise : undefined);
  let ended = false;
  const end = desk.lead().finally(() => {
    ended = true;
  });
  await desk.scheduler.advance(3999);
  expect(desk.hanging).toEqual([]);
  await desk.scheduler.advance(1);
  expect(desk.hanging).toEqual(["/fake: a write has taken more than 4000 ms: the disk hangs"]);
  desk.stop.abort();
  await desk.scheduler.advance(10_000);
  expect(ended).toBe(false);
  flush.release();
  expect(await end).toEqual({ kind: "stopped" });
  expect(desk.names).toEqual([]);
  expect(desk.scheduler.sleeping).toBe(0);
});

test("proof: of a disk that hangs one proof waits, however often it is asked for", async () => {
  const desk = new Desk();
  const flush = held();
  desk.disk.before = (step) => (step === "write" ? flush.promise : undefined);
  const proofs = [desk.files.prove(), desk.files.prove()];
  await settle();
  expect(desk.disk.journal.filter((step) => step.startsWith("write"))).toHaveLength(1);
  flush.release();
  expect(await Promise.all(proofs)).toEqual([
    { kind: "proved", fence: undefined },
    { kind: "proved", fence: undefined },
  ]);
});

test("files: I4: a listing that fails is told only when the write has ended too", async () => {
  const desk = new Desk();
  const flush = held();
  desk.disk.before = (step) => {
    if (step === "list") throw new Error("EIO: i/o error");
    return step === "write" ? flush.promise : undefined;
  };
  let ended = false;
  const end = desk.lead().finally(() => {
    ended = true;
  });
  await settle();
  expect(ended).toBe(false);
  flush.release();
  expect((await end).kind).toBe("failed");
  expect(desk.names).toEqual([]);
});

test("files: what cannot be pruned is told once, and the others are pruned all the same", async () => {
  const desk = new Desk(1);
  for (const sequence of [1, 2, 3]) desk.disk.files.set(file(2, sequence), "old");
  desk.disk.before = (step, name) => {
    if (step === "remove" && name === file(2, 1)) throw new Error("EPERM: not permitted");
  };
  const end = desk.lead();
  await desk.scheduler.advance(2000);
  expect(desk.names).toEqual([file(2, 1), file(7, 3)]);
  expect(desk.observer.of("notice").map(({ detail }) => detail)).toEqual([
    "cannot prune: EPERM: not permitted",
  ]);
  await desk.stops(end);
});

test("files: I4: an end of leadership during a removal is not told before all removals ended", async () => {
  const desk = new Desk(1);
  for (const sequence of [1, 2, 3]) desk.disk.files.set(file(2, sequence), "old");
  const slow = held();
  desk.disk.before = (step, name) => {
    if (step !== "remove") return undefined;
    if (name === file(2, 1)) throw new Error("EPERM: not permitted");
    return slow.promise;
  };
  let ended = false;
  const end = desk.lead().finally(() => {
    ended = true;
  });
  await settle();
  desk.stop.abort();
  await settle();
  expect(ended).toBe(false);
  slow.release();
  await end;
});

test("proof: removes probes of others only when they are old", async () => {
  const desk = new Desk();
  const [old, fresh] = [temporaryName(epochOf(0), 0, "b"), temporaryName(epochOf(0), 0, "c")];
  desk.disk.files.set(old, "probe");
  desk.disk.files.set(fresh, "probe");
  // By the disk's own clock, whatever our wall clock says.
  const now = desk.scheduler.wallClock().getTime() + 1e9;
  desk.disk.modified.set(temporaryName(epochOf(0), 1, "a"), new Date(now));
  desk.disk.modified.set(old, new Date(now - 3_600_001));
  desk.disk.modified.set(fresh, new Date(now - 3_599_999));
  await desk.files.prove();
  expect(desk.names).toEqual([fresh]);
});

test("files: I3: a file of our own epoch before our first one fences, as epochs began anew", async () => {
  const desk = new Desk();
  desk.disk.files.set(file(7, 1), "of another leadership with the same number");
  expect(await desk.lead()).toMatchObject({ kind: "failed", failure: { code: "fenced" } });
  expect(desk.disk.files.get(file(7, 1))).toBe("of another leadership with the same number");
});
