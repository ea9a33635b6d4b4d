import type { Config } from "./config/options.ts";
import type { ReplicaInfo } from "./election/coordinator.ts";
import type { Observer } from "./election/observer.ts";
import { RepairBudget } from "./election/repair-budget.ts";
import type { Scheduler } from "./election/scheduler.ts";
import type { Context } from "./election/state.ts";
import type { StepDown } from "./election/step-down.ts";
import type { Disk } from "./files/disk.ts";
import { LeaderFiles } from "./files/leader-files.ts";
import type { Access } from "./zookeeper/access.ts";
import { ZooKeeperCoordinator } from "./zookeeper/coordinator.ts";
import { basePathOf } from "./zookeeper/layout.ts";
import type { SessionKey } from "./zookeeper/session-key.ts";
import type { Transport } from "./zookeeper/transport.ts";

/** What a replica touches the world with: the daemon's is real, the simulation's is not. */
export interface ReplicaSurroundings {
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly disk: Disk;
  readonly observer: Observer;
  readonly describe: () => ReplicaInfo;
  /** Who we are to the servers, see CoordinatorOptions. */
  readonly access?: Access | undefined;
  /** Keeps the key of every new session, see CoordinatorOptions. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
  readonly stepDown: StepDown;
  readonly stop: AbortSignal;
}

/** The settings that shape a replica's behaviour. */
export type ReplicaConfig = Pick<
  Config,
  | "zkServers"
  | "zkPath"
  | "sessionTimeoutMs"
  | "replicaId"
  | "leaderTimeoutMs"
  | "attempterTimeoutMs"
  | "failoverTimeoutMs"
  | "failoverAttemptsCount"
  | "stopTimeoutMs"
  | "storageCapacity"
>;

/** Builds one replica out of its adapters: what `run` needs. */
export function replicaContext(config: ReplicaConfig, surroundings: ReplicaSurroundings): Context {
  const { scheduler, transport, disk, observer, describe, stepDown, stop } = surroundings;
  const { access, keep } = surroundings;
  const { servers, chroot } = config.zkServers;
  const coordinator = new ZooKeeperCoordinator({
    servers,
    transport,
    scheduler,
    observer,
    basePath: basePathOf(chroot, config.zkPath),
    sessionTimeoutMs: config.sessionTimeoutMs,
    describe,
    access,
    keep,
  });
  const duty = new LeaderFiles({
    disk,
    scheduler,
    observer,
    replica: config.replicaId,
    host: describe().host,
    leaderTimeoutMs: config.leaderTimeoutMs,
    storageCapacity: config.storageCapacity,
    patienceMs: config.sessionTimeoutMs,
  });
  const budget = new RepairBudget(config.failoverAttemptsCount);
  return { scheduler, coordinator, duty, observer, budget, timings: config, stepDown, stop };
}
