import type { Epoch, ReplicaInfo } from "../../../election/ports/coordinator.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import type { Instant, Scheduler } from "../../../base/scheduler.ts";
import type { Stat } from "../../../zookeeper/protocol/records.ts";

/** A dead leader may have had one renewal on its way when we first looked, but not two. */
const leastRenewals = 2;

/**
 * Notices that another process leads under our name. An earlier session of our own, or of a process
 * that died and was restarted, holds the leader node as well, until it runs out: but nobody renews
 * it. So what counts is that the node is still renewed a session timeout after it was first seen.
 */
export class DuplicateId {
  readonly #scheduler: Scheduler;
  readonly #observer: Observer;
  #first: { readonly epoch: Epoch; readonly version: number; readonly at: Instant } | undefined;
  #hasTold = false;

  constructor(scheduler: Scheduler, observer: Observer) {
    this.#scheduler = scheduler;
    this.#observer = observer;
  }

  /**
   * Takes note of a leadership that another session than ours holds.
   * @param own the name that we go by
   */
  saw(
    { czxid, version }: Stat,
    leader: ReplicaInfo | undefined,
    own: { readonly replica: string; readonly sessionTimeoutMs: number },
  ): void {
    if (this.#hasTold || leader?.replica !== own.replica) return;
    const epoch = czxid as Epoch;
    const now = this.#scheduler.now();
    if (this.#first?.epoch !== epoch) this.#first = { epoch, version, at: now };
    if (version - this.#first.version < leastRenewals) return;
    if (now - this.#first.at < own.sessionTimeoutMs) return;
    this.#hasTold = true;
    const { replica, host, pid } = leader;
    const place = `process ${pid} on ${host}`;
    const detail = `another process uses the same --replica-id=${replica}: ${place}, which leads`;
    this.#observer.observe({ kind: "notice", level: "warn", detail });
  }
}
