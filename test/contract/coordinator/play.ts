import { expect } from "bun:test";
import { resolvesBefore, within } from "../../../src/base/deadline.ts";
import {
  type Attempt,
  type Call,
  type Leadership,
  outOfTurn,
  type Session,
} from "../../../src/election/ports/coordinator.ts";
import type { LeaseTiming } from "../../../src/election/ports/lease-timing.ts";
import type { InLine } from "../../../src/election/standing.ts";
import type { ContractReplica, CoordinatorStage } from "./stage.ts";

/** A signal for waits that the play itself bounds. */
export const never = new AbortController().signal;
const lookEveryMs = 10;

/** A replica that leads. */
export interface Leading {
  readonly session: Session;
  readonly leadership: Leadership;
}

/** A replica that stands in line. */
export interface Waiting {
  readonly session: Session;
  readonly turn: Promise<Call>;
}

/**
 * What the clauses do with a stage. At every victory it holds two promises to be kept: nobody else
 * may act, and no epoch was as high before.
 */
export class Play {
  readonly stage: CoordinatorStage;
  readonly #sessions = new Map<ContractReplica, Session[]>();
  readonly #leaderships: Leadership[] = [];

  constructor(stage: CoordinatorStage) {
    this.stage = stage;
  }

  /** Several replicas of one service, by their ids. */
  replicas<Ids extends readonly string[]>(
    ...ids: Ids
  ): { readonly [Index in keyof Ids]: ContractReplica } {
    const started = ids.map((id) => this.stage.replica(id));
    return started as { [Index in keyof Ids]: ContractReplica };
  }

  /** A session of the replica, which must come about. */
  async open(replica: ContractReplica): Promise<Session> {
    const opening = await replica.coordinator.open(never);
    if (opening.kind === "failed") throw new Error(opening.failure.detail);
    const { session } = opening;
    this.#sessions.set(replica, [...(this.#sessions.get(replica) ?? []), session]);
    return session;
  }

  /** The replica takes leadership, which nobody holds. */
  async lead(replica: ContractReplica): Promise<Leading> {
    const session = await this.open(replica);
    return { session, leadership: await this.wins(session.attempt(outOfTurn, never)) };
  }

  /** The replica joins the line, and waits for its turn until `signal` aborts. */
  async join(replica: ContractReplica, signal: AbortSignal = never): Promise<Waiting> {
    const session = await this.open(replica);
    const turn = session.turn(signal);
    await this.until(() => standingOf(replica) !== undefined);
    return { session, turn };
  }

  /** The leadership of an attempt that must be won. */
  async wins(attempt: Promise<Attempt>): Promise<Leadership> {
    const outcome = await attempt;
    if (outcome.kind !== "won") throw new Error(`not won: ${JSON.stringify(outcome, textOf)}`);
    return this.expectVictory(outcome.leadership);
  }

  /** Attempts until one is won. */
  async takeOver(session: Session, call: Call = outOfTurn): Promise<Leadership> {
    let given = call;
    for (;;) {
      const outcome = await session.attempt(given, never);
      if (outcome.kind === "won") return this.expectVictory(outcome.leadership);
      if (outcome.kind === "failed") throw new Error(outcome.failure.detail);
      given = outOfTurn;
      await this.sleep(lookEveryMs);
    }
  }

  /** What `won` means: this one may act, nobody else may, and the epoch is new. */
  expectVictory(leadership: Leadership): Leadership {
    expect(leadership.mayAct()).toBe(true);
    for (const earlier of this.#leaderships) {
      expect(earlier.mayAct()).toBe(false);
      expect(leadership.epoch).toBeGreaterThan(earlier.epoch);
    }
    this.#leaderships.push(leadership);
    return leadership;
  }

  /** Surveys until the replica's place in line is told so: what is read may lag behind a little. */
  async surveyUntil(replica: ContractReplica, fits: (place: InLine) => boolean): Promise<void> {
    await this.until(async () => {
      await replica.coordinator.survey(never);
      const place = standingOf(replica);
      return place !== undefined && fits(place);
    });
  }

  /** The process of the replica is gone, with what it held here. */
  crash(replica: ContractReplica): void {
    replica.crash();
    for (const session of this.#sessions.get(replica) ?? []) session.abandon();
    this.#sessions.delete(replica);
  }

  async sleep(ms: number): Promise<void> {
    await this.stage.scheduler.sleep(ms, never);
  }

  /** Resolves once `what` is true; rejects when that takes longer than anything may. */
  async until(
    what: () => boolean | Promise<boolean>,
    withinMs: number = this.stage.forgottenMs + this.stage.slackMs,
  ): Promise<void> {
    const startedAt = this.stage.scheduler.now();
    while (!(await what())) {
      const passedMs = this.stage.scheduler.now() - startedAt;
      if (passedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${String(what)}`);
      await this.sleep(lookEveryMs);
    }
  }

  /** Awaits what must not take longer than this, but for the slack of the stage. */
  async soon<Result>(promise: Promise<Result>, withinMs = 0): Promise<Result> {
    const startedAt = this.stage.scheduler.now();
    const result = await promise;
    const passedMs = this.stage.scheduler.now() - startedAt;
    expect(passedMs).toBeLessThanOrEqual(withinMs + this.stage.slackMs);
    return result;
  }

  /** Whether the promise resolves within this time. */
  async resolves(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
    return await within(this.stage.scheduler, withinMs, [], (limit) =>
      resolvesBefore(promise, limit),
    );
  }

  /** Closes every session: nothing of a clause goes on behind it. */
  async end(): Promise<void> {
    const sessions = [...this.#sessions.entries()];
    for (const [replica] of sessions) replica.heal();
    const closing = sessions.flatMap(([, opened]) => opened.map((session) => session.close(never)));
    await Promise.all(closing);
    await Promise.all(sessions.map(([{ coordinator }]) => coordinator.leave(never)));
  }
}

/** The replica's place in line as it was told last. */
export function standingOf({ events }: ContractReplica): InLine | undefined {
  const told = events.of("standing").at(-1)?.standing;
  return told?.kind === "in-line" ? told : undefined;
}

/** The times of the replica's lease. */
export function timingOf({ coordination }: ContractReplica): LeaseTiming {
  return coordination.timing;
}

function textOf(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
