import { within } from "../../base/deadline.ts";
import type { Bound, FailoverSettings } from "../../election/failover-bound.ts";
import type {
  Coordination,
  CoordinatorMeans,
  Examination,
} from "../../election/ports/coordination.ts";
import type { Coordinator } from "../../election/ports/coordinator.ts";
import type { LeftBehindRecords, Teller } from "../../election/ports/crash-records.ts";
import type { LeaseTiming, Patience } from "../../election/ports/lease-timing.ts";
import type { Roster } from "../../election/ports/roster.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import type { Transport } from "../../zookeeper/transport/transport.ts";
import { examineService } from "./check.ts";
import { ZooKeeperCoordinator } from "./coordinator.ts";
import { failoverBounds, longestExpiryLagMs } from "./failover-bounds.ts";
import { leaseTimingOf, patienceOf } from "./lease-timing.ts";
import { encodeSessionKey, nameOfService, type SessionKey } from "./leadership/session-key.ts";
import { releaseLeftBehind, serviceOf } from "./release/crash-release.ts";
import { readRoster } from "./roster.ts";
import { coordinatorLabel, coordinatorOptions, type ServiceConfig } from "./options.ts";
import { type ServerAccess, serverAccessOf } from "./server-access.ts";

/** Opens this way to agree on a leader, for `daemon/coordination.ts`. */
export function openCoordination(config: ServiceConfig, scheduler: Scheduler): Coordination {
  return new ZooKeeperCoordination(config, scheduler);
}

/**
 * Leadership by way of ZooKeeper: the door of this room. The servers live on their own, so nothing
 * goes on beside the sessions.
 */
export class ZooKeeperCoordination implements Coordination {
  readonly name = coordinatorLabel.name;
  readonly service: string;
  readonly place: Coordination["place"];
  readonly #access: ServerAccess;
  #coordinator: ZooKeeperCoordinator | undefined;

  /** @param transport see serverAccessOf */
  constructor(config: ServiceConfig, scheduler: Scheduler, transport?: Transport) {
    this.#access = serverAccessOf(config, scheduler, transport);
    this.service = nameOfService(serviceOf(this.#access));
    this.place = { name: this.#access.basePath, option: coordinatorOptions.zkPath.flag };
  }

  get timing(): LeaseTiming {
    return leaseTimingOf(this.#coordinator?.grantedMs ?? this.#access.sessionTimeoutMs);
  }

  get patience(): Patience {
    const { sessionTimeoutMs } = this.#access;
    return patienceOf(sessionTimeoutMs, this.#coordinator?.longestGrantedMs);
  }

  get pendingRequests(): number {
    return this.#coordinator?.pendingRequests ?? 0;
  }

  async start(): Promise<void> {
    // The servers are there, or are not: opening a session tells.
  }

  coordinator({ observer, describe, records, tell }: CoordinatorMeans): Coordinator {
    const service = serviceOf(this.#access);
    const keep = (key: SessionKey): void => {
      records?.remember(encodeSessionKey({ key, service })).catch((error: unknown) => {
        tell("warn", `the session's key was not kept: ${String(error)}`);
      });
    };
    this.#coordinator = new ZooKeeperCoordinator({ ...this.#access, observer, describe, keep });
    return this.#coordinator;
  }

  bounds(settings: FailoverSettings): readonly Bound[] {
    const { sessionTimeoutMs } = this.timing;
    const expiryLagMs = longestExpiryLagMs(sessionTimeoutMs);
    return failoverBounds({ ...settings, sessionTimeoutMs, expiryLagMs });
  }

  async roster(signal: AbortSignal): Promise<Roster> {
    const { scheduler } = this.#access;
    return await within(scheduler, this.patience.expiryMs, [signal], (limit) =>
      readRoster(this.#access, limit),
    );
  }

  async examine(signal: AbortSignal): Promise<Examination> {
    return await examineService(this.#access, this.roster(signal), signal);
  }

  async releaseLeftBehind(
    left: LeftBehindRecords,
    tell: Teller,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { scheduler } = this.#access;
    return await within(scheduler, this.patience.expiryMs, [signal], (limit) =>
      releaseLeftBehind(left, this.#access, tell, limit),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every session was closed by its owner.
  }
}
