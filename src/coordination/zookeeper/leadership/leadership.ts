import type { Epoch, Leadership, Resignation } from "../../../election/ports/coordinator.ts";
import { Ending, type FailureCode } from "../../../election/failure.ts";
import { actingMs, Lease } from "../../../election/lease.ts";
import type { LeaseTiming } from "../../../election/ports/lease-timing.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../../../base/scheduler.ts";
import { aborted, Scope } from "../../../base/scope.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import { leaseTimingOf } from "../lease-timing.ts";
import { giveUp } from "./give-up.ts";
import type { RecordLayout } from "./layout.ts";
import type { Line } from "./line.ts";
import type { Stat } from "../../../zookeeper/protocol/records.ts";
import { encodeLeaseNote } from "./records.ts";
import { failureOfRefusal } from "./refusals.ts";

/** The pause before the next try of a renewal that could be neither sent nor settled. */
const retryPauseMs = 50;

/** How a leadership stood when it was taken. */
export interface Taking {
  readonly epoch: Epoch;
  /** The leader node's data, written again by every renewal. */
  readonly data: Uint8Array;
  /** The leader node's version. */
  readonly version: number;
  /** The version of the lease note as our taking left it: a successor's taking would raise it. */
  readonly noteVersion: number;
  /** When the request was sent that made, or proved, us the owner. */
  readonly sentAt: Instant;
  /** `scheduler.suspendedMs()` at that moment. */
  readonly suspendedMs: number;
}

interface LeadershipTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly layout: RecordLayout;
  /** Our entry in the line goes when leadership does. */
  readonly line: Line;
}

/**
 * Ownership of the leader node, kept by version-checked writes to it.
 *
 * A ping's answer proves nothing: a server that is cut off from the others goes on answering while
 * they expire the session. Only a write that a majority committed, and whose Stat shows our czxid
 * and our session, extends the lease.
 */
export class ZooKeeperLeadership implements Leadership {
  readonly epoch: Epoch;
  readonly lost = new Ending();
  readonly #tools: LeadershipTools;
  readonly #taking: Taking;
  readonly #lease: Lease;
  readonly #renewing = new Scope();
  /** Aborted by the next acknowledged renewal. */
  #nextRenewal = new AbortController();
  #version: number;
  #noteVersion: number;
  #resigned = false;
  #resignation: Promise<Resignation> | undefined;
  #resignedAt: Instant | undefined;

  constructor(tools: LeadershipTools, taking: Taking) {
    const { scheduler } = tools;
    this.epoch = taking.epoch;
    this.#tools = tools;
    this.#taking = taking;
    this.#version = taking.version;
    this.#noteVersion = taking.noteVersion;
    this.#lease = new Lease(scheduler, taking.sentAt, taking.suspendedMs, this.#durationMs);
    this.#tellLease();
    void this.#renew();
    void this.#watchTheEnd();
  }

  get timing(): LeaseTiming {
    return leaseTimingOf(this.#tools.client.sessionTimeoutMs);
  }

  get validUntil(): Instant {
    return this.#lease.validUntil;
  }

  get renewedAt(): Instant {
    return this.#lease.renewedAt;
  }

  /** When leadership was surely given up; undefined while it was not. */
  get resignedAt(): Instant | undefined {
    return this.#resignedAt;
  }

  /** Whether `resign` was called, which says that no effect runs any more, and none will. */
  get hasResigned(): boolean {
    return this.#resigned;
  }

  /** Not when it was abandoned either: its session may be closed, and the wait for it has begun. */
  mayAct(): boolean {
    return !this.#renewing.signal.aborted && this.#lease.holds();
  }

  async renewal(signal: AbortSignal): Promise<void> {
    using waiting = new Scope(signal, this.#nextRenewal.signal);
    await aborted(waiting.signal);
  }

  /** Neither renews nor acts any more, without telling anybody: the lease runs out. Idempotent. */
  abandon(): void {
    this.#renewing.abort();
  }

  /**
   * Writes our own lease into the lease note, in place of a longer one that was waited out: the
   * next taker need not wait for what is over. Where that fails the longer one stays, which costs
   * only time.
   */
  async restateLease(signal: AbortSignal): Promise<void> {
    const { client, layout } = this.#tools;
    const { leaseMs } = this.timing;
    const data = encodeLeaseNote({ state: "held", leaseMs, epoch: this.epoch.toString() });
    const version = this.#noteVersion;
    try {
      const stat = await client.setData(layout.leaseNote, data, { version, signal });
      this.#noteVersion = stat.version;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  resign(signal: AbortSignal): Promise<Resignation> {
    const isInTime = this.mayAct();
    this.#resigned = true;
    this.#resignation ??= this.#resign(isInTime, signal);
    return this.#resignation;
  }

  async #resign(isInTime: boolean, signal: AbortSignal): Promise<Resignation> {
    this.abandon();
    const { line, client, layout } = this.#tools;
    // While the lease holds, a server may come back in time. Later nothing is gained by waiting.
    if (!isInTime && client.state !== "connected") {
      return { kind: "unknown", detail: "giving leadership up: no server is connected" };
    }
    try {
      const held = { noteVersion: this.#noteVersion, entry: line.entry };
      await giveUp(client, layout, held, signal);
      line.leave();
      this.#resignedAt = this.#tools.scheduler.now();
      return { kind: "resigned" };
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return { kind: "unknown", detail: `giving leadership up: ${error.message}` };
    }
  }

  async #renew(): Promise<void> {
    const { scheduler } = this.#tools;
    const { signal } = this.#renewing;
    while (!signal.aborted) {
      const due = later(this.#lease.renewedAt, this.timing.renewalMs);
      await scheduler.sleep(remainingMs(scheduler, due), signal);
      if (signal.aborted) return;
      if (!(await this.#renewOnce(signal))) await scheduler.sleep(retryPauseMs, signal);
    }
  }

  /** One renewal; false when its outcome is not known and was not settled either. */
  async #renewOnce(signal: AbortSignal): Promise<boolean> {
    const { client, scheduler, layout } = this.#tools;
    const sentAt = scheduler.now();
    try {
      const stat = await client.setData(layout.leader, this.#taking.data, {
        version: this.#version,
        signal,
      });
      if (!this.#isOurs(stat)) return this.#lose("the leader node belongs to somebody else");
      this.#version = stat.version;
      this.#acknowledge(sentAt);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      if (!(error instanceof ZooKeeperError)) throw error;
      if (error.code === "no-node") return this.#lose("the leader node is gone");
      if (error.code === "bad-version" || error.outcome === "unknown") {
        return await this.#settle(signal);
      }
      const refusal = failureOfRefusal(error);
      return refusal === undefined ? false : this.#lose(refusal.detail, refusal.code);
    }
  }

  /** After an answer that proves nothing: read, and adopt the node's version if it is ours. */
  async #settle(signal: AbortSignal): Promise<boolean> {
    const { client, layout } = this.#tools;
    try {
      const { stat } = await client.exists(layout.leader, { signal });
      if (stat === undefined) return this.#lose("the leader node is gone");
      if (!this.#isOurs(stat)) return this.#lose("the leader node belongs to somebody else");
      this.#version = stat.version;
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      if (!(error instanceof ZooKeeperError)) throw error;
      return false;
    }
  }

  /** Compares czxid and owner: the version is no proof, as a successor's starts at 0 again. */
  #isOurs(stat: Stat): boolean {
    const { client } = this.#tools;
    return stat.czxid === this.epoch && stat.ephemeralOwner === client.sessionId;
  }

  #acknowledge(sentAt: Instant): void {
    if (!this.#lease.renew(sentAt, this.#durationMs)) {
      this.#lose("no renewal was acknowledged in time", "lease-ended");
      return;
    }
    this.#tellLease();
    const renewed = this.#nextRenewal;
    this.#nextRenewal = new AbortController();
    renewed.abort();
  }

  /** Tells when the lease is over. Nothing depends on it for safety: `mayAct` reads the clock. */
  async #watchTheEnd(): Promise<void> {
    const { scheduler } = this.#tools;
    const { signal } = this.#renewing;
    while (!signal.aborted) {
      await scheduler.sleep(remainingMs(scheduler, this.#lease.validUntil), signal);
      if (!signal.aborted && !this.#lease.holds()) {
        this.#lose("no renewal was acknowledged in time", "lease-ended");
      }
    }
  }

  /** How long one renewal lets us act by our own clock, of the lease that others wait for. */
  get #durationMs(): number {
    return actingMs(this.timing.leaseMs, this.#tools.scheduler.slewShare);
  }

  #lose(detail: string, code: FailureCode = "leadership-lost"): true {
    this.abandon();
    this.lost.end({ resource: "coordinator", code, detail });
    return true;
  }

  #tellLease(): void {
    const { renewedAt, validUntil } = this.#lease;
    const mayAct = (): boolean => this.mayAct();
    this.#tools.observer.observe({ kind: "lease", renewedAt, validUntil, mayAct });
  }
}
