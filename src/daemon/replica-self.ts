import type { Scheduler } from "../base/scheduler.ts";
import type { ReplicaId, ReplicaInfo } from "../election/ports/coordinator.ts";

/** What this process says of itself. */
export class ReplicaSelf {
  /** Where its HTTP endpoints answer; null while they do not. */
  httpAddress: string | null = null;
  readonly #replica: ReplicaId;
  readonly #host: string;
  readonly #scheduler: Scheduler;

  constructor(replica: ReplicaId, host: string, scheduler: Scheduler) {
    this.#replica = replica;
    this.#host = host;
    this.#scheduler = scheduler;
  }

  /** As of now. */
  readonly describe = (): ReplicaInfo => ({
    replica: this.#replica,
    host: this.#host,
    pid: process.pid,
    httpAddress: this.httpAddress,
    since: this.#scheduler.wallClock().toISOString(),
  });
}
