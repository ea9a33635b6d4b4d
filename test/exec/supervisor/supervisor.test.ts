import { expect, test } from "bun:test";
import type { CommandEnd } from "../../../src/exec/commands.ts";
import type { Instruction, Report } from "../../../src/exec/supervisor/messages.ts";
import { Supervisor } from "../../../src/exec/supervisor/supervisor.ts";
import { FakeProcesses } from "../../fake/processes.ts";
import { FakeScheduler, settle } from "../../fake/scheduler.ts";

const untilMs = 6_600;
const stopTimeoutMs = 2_000;
const killMarginMs = 500;
const limits = { stopTimeoutMs, killMarginMs };
/** When the stop signal is due without a renewal. */
const stopAtMs = untilMs - killMarginMs - stopTimeoutMs;

/** Throws at the call of this number, of all calls of all methods of what it is put before. */
class Mine {
  calls = 0;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  before<Tool extends object>(tool: Tool): Tool {
    return new Proxy(tool, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name, target);
        if (typeof found !== "function") return found;
        return (...parameters: unknown[]): unknown => {
          this.calls += 1;
          if (this.calls === this.#at) throw new Error(`planted at ${String(name)}`);
          return Reflect.apply(found, target, parameters) as unknown;
        };
      },
    });
  }
}

class Desk {
  readonly scheduler = new FakeScheduler();
  readonly processes = new FakeProcesses();
  readonly mine: Mine;
  readonly reports: Report[] = [];
  end: CommandEnd | undefined;
  error: unknown;
  #heard: Instruction[] = [];
  #gone: "closed" | "broken" | undefined;
  #more = Promise.withResolvers<void>();

  constructor(mineAt = 0) {
    this.mine = new Mine(mineAt);
  }

  async start(): Promise<void> {
    const supervisor = new Supervisor(
      {
        command: ["work"],
        environment: {},
        inheritsLock: false,
        untilMs,
        stopSignal: "SIGTERM",
        limits,
      },
      {
        processes: this.mine.before(this.processes),
        scheduler: this.mine.before(this.scheduler),
        daemon: this.mine.before({
          instructions: this.#instructions(),
          tell: (report: Report) => void this.reports.push(report),
        }),
      },
    );
    supervisor.run().then(
      (end) => {
        this.end = end;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
    await settle();
  }

  async say(instruction: Instruction): Promise<void> {
    this.#heard.push(instruction);
    this.#more.resolve();
    await settle();
  }

  /** The daemon dies: its pipe is closed, or breaks. */
  async die(how: "closed" | "broken" = "closed"): Promise<void> {
    this.#gone = how;
    this.#more.resolve();
    await settle();
  }

  async *#instructions(): AsyncIterable<Instruction> {
    for (;;) {
      yield* this.#heard.splice(0);
      if (this.#gone === "broken") throw new Error("ECONNRESET");
      if (this.#gone === "closed") return;
      await this.#more.promise;
      this.#more = Promise.withResolvers<void>();
    }
  }
}

test("supervisor: a daemon that says nothing more costs the command its life in time (I1)", async () => {
  const desk = new Desk();
  desk.processes.deaf.add(100);
  await desk.start();
  await desk.scheduler.advance(stopAtMs - 1);
  expect(desk.processes.signals).toEqual([]);
  await desk.scheduler.advance(1);
  expect(desk.processes.signals).toEqual(["SIGTERM 100"]);
  await desk.scheduler.advance(stopTimeoutMs - 20);
  expect(desk.end).toBeUndefined();
  await desk.scheduler.advance(40);
  expect(desk.processes.alive.size).toBe(0);
  expect(desk.end).toEqual({ kind: "stopped", cause: "deadline" });
  expect(desk.scheduler.now()).toBeLessThan(untilMs - killMarginMs + 50);
  expect(desk.scheduler.sleeping).toBe(0);
});

test("supervisor: every renewal that it hears of moves the end", async () => {
  const desk = new Desk();
  await desk.start();
  for (let renewal = 1; renewal <= 5; renewal += 1) {
    await desk.scheduler.advance(2_500);
    await desk.say({ kind: "until", untilMs: untilMs + renewal * 2_500, limits });
  }
  expect(desk.processes.signals).toEqual([]);
  desk.processes.end(100, 3);
  await settle();
  expect(desk.end).toEqual({ kind: "exited", code: 3 });
});

test("supervisor: the machine's suspend counts", async () => {
  const desk = new Desk();
  await desk.start();
  await desk.scheduler.advance(1_000);
  desk.scheduler.suspend(10_000);
  await desk.scheduler.advance(200);
  expect(desk.processes.signals).toEqual(["SIGTERM 100"]);
  expect(desk.end).toEqual({ kind: "stopped", cause: "deadline" });
});

test.each(["closed", "broken"] as const)(
  "supervisor: the daemon's death stops the command at once, its pipe %s",
  async (how) => {
    const desk = new Desk();
    await desk.start();
    await desk.die(how);
    expect(desk.processes.signals).toEqual(["SIGTERM 100"]);
    expect(desk.end).toEqual({ kind: "stopped", cause: "asked" });
  },
);

test("supervisor: a stop once begun is not taken back by a late renewal (I4)", async () => {
  const desk = new Desk();
  desk.processes.deaf.add(100);
  await desk.start();
  await desk.scheduler.advance(stopAtMs);
  await desk.say({ kind: "until", untilMs: 60_000, limits });
  await desk.scheduler.advance(stopTimeoutMs + 20);
  expect(desk.processes.signals).toContain("SIGKILL 100");
  expect(desk.end).toEqual({ kind: "stopped", cause: "deadline" });
});

test("supervisor: a stop near the end of the lease gets less than its timeout", async () => {
  const desk = new Desk();
  desk.processes.deaf.add(100);
  await desk.start();
  await desk.scheduler.advance(stopAtMs - 100);
  await desk.say({ kind: "stop" });
  await desk.say({ kind: "until", untilMs: 2_000, limits });
  await desk.scheduler.advance(stopTimeoutMs + 20);
  expect(desk.end).toEqual({ kind: "stopped", cause: "asked" });
  expect(desk.scheduler.now()).toBeLessThan(untilMs - killMarginMs);
});

test("supervisor: what the command leaves behind ends with it", async () => {
  const desk = new Desk();
  await desk.start();
  desk.processes.alive.add(101);
  desk.processes.alive.add(102);
  desk.processes.deaf.add(102);
  desk.processes.end(100, 0);
  await desk.scheduler.advance(0);
  expect(desk.processes.signals).toEqual(["SIGTERM 101", "SIGTERM 102"]);
  expect(desk.end).toBeUndefined();
  await desk.scheduler.advance(stopTimeoutMs + 20);
  expect(desk.processes.signals.at(-1)).toBe("SIGKILL 102");
  expect(desk.end).toEqual({ kind: "exited", code: 0 });
});

test("supervisor: as long as a process cannot die it says nothing (I3)", async () => {
  const desk = new Desk();
  desk.processes.deaf.add(100);
  desk.processes.stuck.add(100);
  await desk.start();
  await desk.scheduler.advance(60_000);
  expect(desk.end).toBeUndefined();
  desk.processes.stuck.clear();
  await desk.scheduler.advance(20);
  expect(desk.end).toEqual({ kind: "stopped", cause: "deadline" });
});

test("supervisor: a command that does not start is told, with the reason", async () => {
  const desk = new Desk();
  desk.processes.startFailure = "work: ENOENT";
  await desk.start();
  expect(desk.end).toEqual({ kind: "not-started", detail: "work: ENOENT" });
  expect(desk.reports.map(({ kind }) => kind)).toEqual(["ended"]);
});

test("supervisor: nothing starts when there is no time to stop it", async () => {
  const desk = new Desk();
  desk.scheduler.stall(stopAtMs);
  await desk.start();
  expect(desk.processes.alive.size).toBe(0);
  expect(desk.end).toMatchObject({ kind: "not-started" });
});

test("supervisor: buries what others left to it, now and then", async () => {
  const desk = new Desk();
  await desk.start();
  await desk.say({ kind: "until", untilMs: 100_000, limits });
  await desk.scheduler.advance(21_000);
  expect(desk.processes.reaped).toBe(4);
});

test("supervisor: whatever throws, and whenever, nothing is left of the command (I2)", async () => {
  let isThrown = true;
  // The looks at what does not want to die are all alike.
  for (let at = 1; isThrown; at += at < 150 ? 1 : 23) {
    const desk = new Desk(at);
    desk.processes.deaf.add(100);
    await desk.start();
    if (desk.processes.alive.size > 0) desk.processes.alive.add(101);
    await desk.scheduler.advance(300);
    await desk.say({ kind: "until", untilMs: 10_000, limits });
    await desk.say({ kind: "forward", signal: "SIGHUP" });
    await desk.scheduler.advance(5_100);
    await desk.say({ kind: "stop" });
    // It may hear of the stop only when it wakes by itself.
    await desk.scheduler.advance(stopTimeoutMs + 250);
    isThrown = desk.mine.calls >= at;
    expect([at, [...desk.processes.alive]]).toEqual([at, []]);
    expect(desk.end ?? desk.error).toBeDefined();
    if (!isThrown) expect(at).toBeGreaterThan(50);
  }
});

test("supervisor: a lease that is granted anew moves the end together with the time to stop", async () => {
  const desk = new Desk();
  await desk.start();
  const shorter = { stopTimeoutMs: 200, killMarginMs: 100 };
  // With the limits of before, this end would be near enough to stop at once.
  await desk.say({ kind: "until", untilMs: 2_000, limits: shorter });
  await desk.scheduler.advance(1_690);
  expect(desk.processes.signals).toEqual([]);
  await desk.scheduler.advance(20);
  expect(desk.processes.signals).toEqual(["SIGTERM 100"]);
});
