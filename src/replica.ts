import type { Config } from "./config/options.ts";
import type { ReplicaInfo } from "./election/coordinator.ts";
import { BothDuties } from "./election/both-duties.ts";
import type { Duty } from "./election/duty.ts";
import type { Observer } from "./election/observer.ts";
import { RepairBudget } from "./election/repair-budget.ts";
import type { Scheduler } from "./election/scheduler.ts";
import type { Context } from "./election/state.ts";
import type { StepDown } from "./election/step-down.ts";
import type { Commands } from "./exec/commands.ts";
import { ExecDuty } from "./exec/exec-duty.ts";
import { killMarginMs } from "./exec/timings.ts";
import type { Disk } from "./files/disk.ts";
import { LeaderFiles } from "./files/leader-files.ts";
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
  /** Keeps the key of every new session, see CoordinatorOptions. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
  readonly stepDown: StepDown;
  readonly stop: AbortSignal;
  /** Runs the command under leadership; undefined where the files are the whole duty. */
  readonly commands?: Commands | undefined;
  /** Hears the exit status with which the daemon shall end, now that the command is done. */
  readonly finish?: ((status: number) => void) | undefined;
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
  | "execStopTimeoutMs"
  | "execRestart"
  | "execThen"
  | "withFiles"
>;

/** Builds one replica out of its adapters: what `run` needs. */
export function replicaContext(config: ReplicaConfig, surroundings: ReplicaSurroundings): Context {
  const { scheduler, transport, disk, observer, describe, keep, stepDown, stop } = surroundings;
  const { servers, chroot } = config.zkServers;
  const coordinator = new ZooKeeperCoordinator({
    servers,
    transport,
    scheduler,
    observer,
    basePath: basePathOf(chroot, config.zkPath),
    sessionTimeoutMs: config.sessionTimeoutMs,
    describe,
    keep,
  });
  const files = new LeaderFiles({
    disk,
    scheduler,
    observer,
    replica: config.replicaId,
    host: describe().host,
    leaderTimeoutMs: config.leaderTimeoutMs,
    storageCapacity: config.storageCapacity,
    patienceMs: config.sessionTimeoutMs,
  });
  const duty = dutyOf(config, surroundings, files);
  const budget = new RepairBudget(config.failoverAttemptsCount);
  return { scheduler, coordinator, duty, observer, budget, timings: config, stepDown, stop };
}

/** The files, the command, or both. */
function dutyOf(
  config: ReplicaConfig,
  { commands, scheduler, observer, stepDown, finish }: ReplicaSurroundings,
  files: LeaderFiles,
): Duty {
  if (commands === undefined) return files;
  const command = new ExecDuty({
    commands,
    scheduler,
    observer,
    replica: config.replicaId,
    restart: config.execRestart,
    sequel: config.execThen,
    stoppingMs: config.execStopTimeoutMs + killMarginMs(config.sessionTimeoutMs),
    resign: () => stepDown.request(),
    exit: (status) => finish?.(status),
  });
  return config.withFiles ? new BothDuties(command, files) : command;
}
