import { within } from "../../../src/base/deadline.ts";
import type { Epoch, Leadership, Resignation } from "../../../src/election/ports/coordinator.ts";
import { Ending, type Failure } from "../../../src/election/failure.ts";
import { Lease } from "../../../src/election/lease.ts";
import { type Instant, later, remainingMs } from "../../../src/base/scheduler.ts";
import { aborted, Scope } from "../../../src/base/scope.ts";
import { leadershipLost, leaseEnded } from "../election.ts";
import type { MemoryReplica } from "./memory-replica.ts";
import { memoryTiming } from "./memory-service.ts";

const retryPauseMs = 50;

/** Leadership over a service in memory, as long as it is renewed there. */
export class MemoryLeadership implements Leadership {
  readonly epoch: Epoch;
  readonly timing = memoryTiming;
  readonly lost = new Ending();
  readonly #replica: MemoryReplica;
  readonly #session: string;
  readonly #lease: Lease;
  readonly #renewing = new Scope();
  #nextRenewal = new AbortController();
  #resignation: Promise<Resignation> | undefined;
  #isGivenUp = false;

  constructor(
    replica: MemoryReplica,
    session: string,
    epoch: Epoch,
    sentAt: Instant,
    suspendedMs: number,
  ) {
    this.epoch = epoch;
    this.#replica = replica;
    this.#session = session;
    this.#lease = new Lease(replica.scheduler, sentAt, suspendedMs, memoryTiming.leaseMs);
    void this.#renew();
    void this.#watchTheEnd();
  }

  get validUntil(): Instant {
    return this.#lease.validUntil;
  }

  get renewedAt(): Instant {
    return this.#lease.renewedAt;
  }

  get hasResigned(): boolean {
    return this.#resignation !== undefined;
  }

  /** Whether the service has said that leadership was given up. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  mayAct(): boolean {
    return !this.hasResigned && this.lost.failure === undefined && this.#lease.holds();
  }

  async renewal(signal: AbortSignal): Promise<void> {
    using waiting = new Scope(signal, this.#nextRenewal.signal);
    await aborted(waiting.signal);
  }

  resign(signal: AbortSignal): Promise<Resignation> {
    const isInTime = this.mayAct();
    this.#resignation ??= this.#resign(isInTime, signal);
    return this.#resignation;
  }

  /** Stops renewing. */
  abandon(): void {
    this.#renewing.abort();
  }

  async #resign(isInTime: boolean, signal: AbortSignal): Promise<Resignation> {
    this.abandon();
    const { link, service } = this.#replica;
    const unknown = { kind: "unknown", detail: "the service did not answer" } as const;
    if (!isInTime && !link.isWhole) return unknown;
    this.#replica.writes += 1;
    const answer = await link.ask(signal, () => service.release(this.#session, this.epoch));
    if (answer.kind === "unknown") return unknown;
    this.#isGivenUp = true;
    return { kind: "resigned" };
  }

  async #renew(): Promise<void> {
    const { scheduler, link, service } = this.#replica;
    const { signal } = this.#renewing;
    while (!signal.aborted) {
      const due = later(this.#lease.renewedAt, memoryTiming.renewalMs);
      await scheduler.sleep(remainingMs(scheduler, due), signal);
      if (signal.aborted) return;
      const sentAt = scheduler.now();
      const answer = await within(scheduler, memoryTiming.renewalMs, [signal], (limit) =>
        link.ask(limit, () => service.renew(this.#session, this.epoch)),
      );
      if (signal.aborted) return;
      if (answer.kind === "unknown") await scheduler.sleep(retryPauseMs, signal);
      else if (answer.value) this.#acknowledge(sentAt);
      else this.#lose(leadershipLost);
    }
  }

  #acknowledge(sentAt: Instant): void {
    if (!this.#lease.renew(sentAt, memoryTiming.leaseMs)) return this.#lose(leaseEnded);
    const renewed = this.#nextRenewal;
    this.#nextRenewal = new AbortController();
    renewed.abort();
  }

  async #watchTheEnd(): Promise<void> {
    const { scheduler } = this.#replica;
    const { signal } = this.#renewing;
    while (!signal.aborted) {
      await scheduler.sleep(remainingMs(scheduler, this.validUntil), signal);
      if (!signal.aborted && !this.#lease.holds()) this.#lose(leaseEnded);
    }
  }

  #lose(failure: Failure): void {
    this.abandon();
    this.lost.end(failure);
  }
}
