import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import {
  type Attempt,
  type Call,
  type Coordinator,
  type Epoch,
  type Leadership,
  type Opening,
  outOfTurn,
  type ReplicaId,
  type ReplicaInfo,
  type Resignation,
  type Session,
  type Sighting,
} from "../../src/election/ports/coordinator.ts";
import type { Duty, DutyEnd, Mandate, Proof } from "../../src/election/ports/duty.ts";
import { Ending, type Failure } from "../../src/election/failure.ts";
import type { ElectionEvent, Observer } from "../../src/election/ports/observer.ts";
import { RepairBudget } from "../../src/election/repair-budget.ts";
import { type Instant, later } from "../../src/base/scheduler.ts";
import { aborted } from "../../src/base/scope.ts";
import type { Context } from "../../src/election/state.ts";
import { StepDown } from "../../src/election/step-down.ts";
import { FakeScheduler } from "./scheduler.ts";

export const epochOf = (value: number): Epoch => BigInt(value) as Epoch;

export const sessionLost: Failure = {
  resource: "coordinator",
  code: "session-lost",
  detail: "expired",
};
export const leaseEnded: Failure = {
  resource: "coordinator",
  code: "lease-ended",
  detail: "no renewal was acknowledged in time",
};
export const leadershipLost: Failure = {
  resource: "coordinator",
  code: "leadership-lost",
  detail: "the leader node is gone",
};
export const unreachable: Failure = {
  resource: "coordinator",
  code: "unreachable",
  detail: "no server answered",
};
export const diskFull: Failure = { resource: "duty", code: "duty-failed", detail: "disk full" };

export const otherReplica: ReplicaInfo = {
  replica: "other" as ReplicaId,
  host: "elsewhere",
  pid: 1,
  httpAddress: null,
  since: "2026-01-01T00:00:00.000Z",
};

/** Leadership whose lease ends when the test says so. */
export class FakeLeadership implements Leadership {
  readonly epoch: Epoch;
  readonly timing = leaseTimingOf(10_000);
  readonly lost = new Ending();
  readonly #journal: string[];
  resignation: Resignation = { kind: "resigned" };
  /** While set, giving leadership up waits for it. */
  resigning: Promise<void> = Promise.resolve();
  valid = true;

  constructor(journal: string[], epoch = epochOf(7)) {
    this.#journal = journal;
    this.epoch = epoch;
  }

  get validUntil(): Instant {
    return later(0 as Instant, this.valid ? Number.MAX_SAFE_INTEGER : 0);
  }

  get renewedAt(): Instant {
    return 0 as Instant;
  }

  renewal(signal: AbortSignal): Promise<void> {
    return aborted(signal);
  }

  mayAct(): boolean {
    return this.valid && this.lost.failure === undefined;
  }

  async resign(): Promise<Resignation> {
    this.#journal.push("resign");
    this.valid = false;
    await this.resigning;
    return this.resignation;
  }

  lose(failure: Failure): void {
    this.valid = false;
    this.lost.end(failure);
  }
}

/** A session that answers attempts from a list; the last answer repeats. */
export class FakeSession implements Session {
  readonly id = "fake";
  readonly lost = new Ending();
  readonly #journal: string[];
  readonly attempts: Attempt[];
  /** What the attempts so far were given. */
  readonly calls: Call[] = [];
  turnCount = 0;
  latestEpoch: Epoch | undefined = epochOf(1000);
  /** While set, it is our turn whenever we ask. */
  alwaysOurTurn = false;
  #turn: ((call: Call) => void) | undefined;

  constructor(journal: string[], attempts: readonly Attempt[]) {
    this.#journal = journal;
    this.attempts = [...attempts];
  }

  async horizon(): Promise<Epoch | undefined> {
    return this.latestEpoch;
  }

  get attemptCount(): number {
    return this.calls.length;
  }

  async attempt(call: Call): Promise<Attempt> {
    this.calls.push(call);
    const next = this.attempts.length > 1 ? this.attempts.shift() : this.attempts[0];
    return next ?? { kind: "undecided", detail: "nothing planned" };
  }

  /** What is seen of the leader by who does not stand. */
  sightings: Sighting[] = [{ kind: "nobody" }];

  /** Happens while the session is asked who leads. */
  whileLooking: (() => Promise<void>) | undefined;

  async sighting(): Promise<Sighting> {
    await this.whileLooking?.();
    const next = this.sightings.length > 1 ? this.sightings.shift() : this.sightings[0];
    return next ?? { kind: "unknown" };
  }

  turn(signal: AbortSignal): Promise<Call> {
    this.turnCount += 1;
    if (this.alwaysOurTurn) return Promise.resolve({ isOurTurn: true });
    return Promise.race([
      aborted(signal).then(() => outOfTurn),
      new Promise<Call>((resolve) => {
        this.#turn = resolve;
      }),
    ]);
  }

  /** The line says: your turn. */
  callUp(call: Call = { isOurTurn: true }): void {
    this.#turn?.(call);
  }

  async close(): Promise<void> {
    this.#journal.push("close");
  }

  abandon(): void {
    this.#journal.push("abandon");
  }
}

export class FakeCoordinator implements Coordinator {
  readonly openings: Opening[] = [];
  readonly pendingRequests = 0;
  opened = 0;

  async open(): Promise<Opening> {
    this.opened += 1;
    const next = this.openings.length > 1 ? this.openings.shift() : this.openings[0];
    return next ?? { kind: "failed", failure: unreachable };
  }

  async survey(): Promise<void> {}

  /** What sessions of the past hold still. */
  left: string | undefined;

  async leave(): Promise<string | undefined> {
    return this.left;
  }
}

/** A duty that does nothing until it is told to stop, unless the test ends it otherwise. */
export class FakeDuty implements Duty {
  readonly #journal: string[];
  readonly proofs: Proof[] = [];
  proved = 0;
  mandate: Mandate | undefined;
  /** While set, the running effect does not end before it. */
  effect: Promise<void> = Promise.resolve();
  #fail: ((end: DutyEnd) => void) | undefined;

  constructor(journal: string[]) {
    this.#journal = journal;
  }

  /** While set, proofs wait for it. */
  proving: Promise<void> = Promise.resolve();

  async prove(): Promise<Proof> {
    this.proved += 1;
    await this.proving;
    const next = this.proofs.length > 1 ? this.proofs.shift() : this.proofs[0];
    return next ?? { kind: "proved", fence: undefined };
  }

  async lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> {
    this.mandate = mandate;
    this.#journal.push("lead");
    const failed = new Promise<DutyEnd>((resolve) => {
      this.#fail = resolve;
    });
    const stopped = aborted(signal).then(() => ({ kind: "stopped" as const }));
    const end = await Promise.race([failed, stopped]);
    await this.effect;
    this.#journal.push("duty ended");
    return end;
  }

  fail(failure: Failure): void {
    this.#fail?.({ kind: "failed", failure });
  }
}

export class Recorder implements Observer {
  readonly events: ElectionEvent[] = [];

  observe(event: ElectionEvent): void {
    this.events.push(event);
  }

  /** The edges taken, as `From>To:reason`. */
  get edges(): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === "transition" ? [`${event.from}>${event.to}:${event.reason}`] : [],
    );
  }

  of<Kind extends ElectionEvent["kind"]>(
    kind: Kind,
  ): readonly Extract<ElectionEvent, { readonly kind: Kind }>[] {
    return this.events.filter(
      (event): event is Extract<ElectionEvent, { readonly kind: Kind }> => event.kind === kind,
    );
  }
}

/** One replica's world, all of it in the test's hands. */
export class FakeWorld implements Context {
  /** What was asked of the ports, in order. */
  readonly journal: string[] = [];
  readonly scheduler = new FakeScheduler();
  readonly coordinator = new FakeCoordinator();
  readonly duty = new FakeDuty(this.journal);
  readonly observer = new Recorder();
  readonly budget = new RepairBudget(() => 3);
  readonly stepDown = new StepDown();
  dutyEndMs = 0;
  dutyProblem: Failure | undefined = undefined;
  readonly timings = { attempterTimeoutMs: 10_000, failoverTimeoutMs: 1000, stopTimeoutMs: 8000 };
  readonly #stop = new AbortController();

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** A signal asks the process to stop; with `reason` it shall stop for that. */
  askToStop(reason?: string): void {
    this.#stop.abort(reason);
  }

  session(...attempts: readonly Attempt[]): FakeSession {
    return new FakeSession(this.journal, attempts);
  }

  leadership(): FakeLeadership {
    return new FakeLeadership(this.journal);
  }
}

/** A promise and its end, for holding something back. */
export function held(): { readonly promise: Promise<void>; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, release: resolve };
}

export const led = {
  kind: "led",
  leader: otherReplica,
  epoch: epochOf(5),
} as const satisfies Attempt & Sighting;
