import type { Epoch, ReplicaInfo } from "../../../src/election/ports/coordinator.ts";
import type { LeaseTiming, Patience } from "../../../src/election/ports/lease-timing.ts";
import { type Instant, later, type Scheduler } from "../../../src/base/scheduler.ts";
import { Scope } from "../../../src/base/scope.ts";

/** An opening, one question and a session's end take less than this together. */
export const memoryPatience: Patience = {
  answersMs: 6_000,
  attemptMs: 6_000,
  expiryMs: 6_000,
  countsOpenings: true,
};

/** The lease that the fake gives, in milliseconds. */
export const memoryTiming: LeaseTiming = {
  sessionTimeoutMs: 3_000,
  leaseMs: 2_000,
  renewalMs: 750,
  answerMs: 300,
  killMarginMs: 150,
  effectMs: 3_000,
};

/** Longer than a lease by more than two clocks differ. */
const waitingOutMs = memoryTiming.leaseMs * 1.03;

/** A session as the service knows it. */
interface KnownSession {
  readonly id: string;
  readonly info: ReplicaInfo;
  readonly end: Scope;
  heardAt: Instant;
}

/** Who leads, as the service knows it. */
export interface KnownLeader {
  readonly session: string;
  readonly epoch: Epoch;
  readonly info: ReplicaInfo;
  /** When its last renewal arrived, which is later than when it was sent. */
  renewedAt: Instant;
}

/** Who leads and who stands in line, as one session sees it. */
export interface ServiceView {
  readonly leader: KnownLeader | undefined;
  readonly candidates: readonly string[];
  /** The session's own place; -1 without one. */
  readonly position: number;
  /** Whether somebody stands before it who does not lead. */
  readonly hasPredecessor: boolean;
}

/**
 * A coordinator's service in memory, for all replicas of one test: it knows sessions, who leads,
 * the line, and until when an earlier leader may act. It decides in one step what it is asked.
 */
export class MemoryService {
  readonly #scheduler: Scheduler;
  readonly #sessions = new Map<string, KnownSession>();
  #line: string[] = [];
  #leader: KnownLeader | undefined;
  /** No leadership that has ended without being released may act from then on. */
  #freeAt = 0 as Instant;
  #epoch = 0n as Epoch;
  #opened = 0;
  #change = new AbortController();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Aborted at the next change of who leads or who stands in line. */
  get change(): AbortSignal {
    return this.#change.signal;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  open(info: ReplicaInfo): string {
    this.#opened += 1;
    const id = `session-${this.#opened}`;
    const session = { id, info, end: new Scope(), heardAt: this.#scheduler.now() };
    this.#sessions.set(id, session);
    void this.#expire(session);
    return id;
  }

  /** Whether the session is known; it is heard of by this. */
  touch(id: string): boolean {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.heardAt = this.#scheduler.now();
    return session !== undefined;
  }

  view(id: string): ServiceView {
    const position = this.#line.indexOf(id);
    const before = position < 0 ? this.#line : this.#line.slice(0, position);
    return {
      leader: this.#leader,
      candidates: this.#line.map((one) => this.#sessions.get(one)?.info.replica ?? ""),
      position,
      hasPredecessor: before.some((one) => one !== this.#leader?.session),
    };
  }

  /** Stands the session at the end of the line; false when it stands there already. */
  join(id: string): boolean {
    if (this.#line.includes(id) || !this.#sessions.has(id)) return false;
    this.#line.push(id);
    this.#tell();
    return true;
  }

  /** Takes leadership unless somebody has it, and says for how long an earlier one may act yet. */
  take(id: string): { readonly leader: KnownLeader; readonly waitMs: number } | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    const now = this.#scheduler.now();
    if (this.#leader === undefined) {
      this.#epoch = (this.#epoch + 1n) as Epoch;
      const { info } = session;
      this.#leader = { session: id, epoch: this.#epoch, info, renewedAt: now };
      this.join(id);
      this.#tell();
    }
    if (this.#leader.session === id) this.#leader.renewedAt = now;
    return { leader: this.#leader, waitMs: Math.max(0, this.#freeAt - now) };
  }

  /** Whether the leadership goes on. */
  renew(id: string, epoch: Epoch): boolean {
    this.touch(id);
    if (this.#leader?.session !== id || this.#leader.epoch !== epoch) return false;
    this.#leader.renewedAt = this.#scheduler.now();
    return true;
  }

  /** Ends a leadership: nothing acts under it any more. It takes its place in line with it. */
  release(id: string, epoch: Epoch): void {
    if (this.#leader?.session !== id || this.#leader.epoch !== epoch) return;
    this.#leader = undefined;
    this.#freeAt = 0 as Instant;
    this.#line = this.#line.filter((one) => one !== id);
    this.#tell();
  }

  /** Ends a leadership that has not acted yet: what it waited for is to be waited for still. */
  withdraw(id: string, epoch: Epoch): void {
    if (this.#leader?.session !== id || this.#leader.epoch !== epoch) return;
    this.#leader = undefined;
    this.#tell();
  }

  /** Forgets the session. A leadership of it that was not released may act until its lease ends. */
  close(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.end.abort();
    this.#sessions.delete(id);
    this.#line = this.#line.filter((one) => one !== id);
    if (this.#leader?.session === id) {
      const mayActUntil = later(this.#leader.renewedAt, waitingOutMs);
      if (mayActUntil > this.#freeAt) this.#freeAt = mayActUntil;
      this.#leader = undefined;
    }
    this.#tell();
  }

  async #expire(session: KnownSession): Promise<void> {
    const { signal } = session.end;
    while (!signal.aborted) {
      const expiresAt = later(session.heardAt, memoryTiming.sessionTimeoutMs);
      const leftMs = expiresAt - this.#scheduler.now();
      if (leftMs <= 0) return this.close(session.id);
      await this.#scheduler.sleep(leftMs, signal);
    }
  }

  #tell(): void {
    const changed = this.#change;
    this.#change = new AbortController();
    changed.abort();
  }
}
