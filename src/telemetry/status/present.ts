import type { Epoch } from "../../election/ports/coordinator.ts";
import type { ElectionEvent, EventOf, Observer } from "../../election/ports/observer.ts";
import { type Instant, remainingMs, type Scheduler } from "../../base/scheduler.ts";
import { type StateName, takesPart } from "../../election/transitions.ts";

/**
 * The replica's state, epoch and lease, by the events heard up to now. A value that depends on the
 * time is computed when it is asked for. The log, the metrics and the status all read it here.
 */
export class Present implements Observer {
  readonly #scheduler: Scheduler;
  #state: StateName = "Init";
  #since: Instant;
  #epoch: Epoch | undefined;
  #lastEpoch: Epoch | undefined;
  /** The lease as it was told last; what has become of it since is asked of the leadership. */
  #lease: EventOf<"lease"> | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#since = scheduler.now();
  }

  get state(): StateName {
    return this.#state;
  }

  /** How long the replica has been in its state. */
  get stateMs(): number {
    return this.#scheduler.now() - this.#since;
  }

  /** The epoch that the replica leads; undefined in every state but Leader. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** The epoch that the replica led last, or still leads. */
  get lastEpoch(): Epoch | undefined {
    return this.#lastEpoch;
  }

  /** Whether the replica leads at this very moment: in Leader, and it may start an effect. */
  get isLeader(): boolean {
    return this.#state === "Leader" && this.#lease !== undefined && this.#lease.mayAct();
  }

  /** The milliseconds until the lease ends if it is not renewed; 0 when there is none. */
  get leaseRemainingMs(): number {
    if (this.#lease === undefined || !this.#lease.mayAct()) return 0;
    return remainingMs(this.#scheduler, this.#lease.validUntil);
  }

  /** The milliseconds since the last acknowledged renewal was sent; undefined without a lease. */
  get renewalAgeMs(): number | undefined {
    return this.#lease && this.#scheduler.now() - this.#lease.renewedAt;
  }

  observe(event: ElectionEvent): void {
    // A replica that takes no part has no lease: an event that says so comes late.
    if (event.kind === "lease" && takesPart(this.#state)) this.#lease = event;
    // An attempt that did not win has no lease, whatever was begun on the way.
    if (event.kind === "attempt" && event.outcome !== "won") this.#lease = undefined;
    if (event.kind !== "transition") return;
    this.#state = event.to;
    this.#since = this.#scheduler.now();
    this.#epoch = event.to === "Leader" ? event.epoch : undefined;
    this.#lastEpoch = this.#epoch ?? this.#lastEpoch;
    if (event.to !== "Leader") this.#lease = undefined;
  }
}
