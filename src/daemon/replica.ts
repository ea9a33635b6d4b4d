import type { Config } from "./options.ts";
import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import { BothDuties } from "../election/both-duties.ts";
import type { Duty } from "../election/ports/duty.ts";
import type { Observer } from "../election/ports/observer.ts";
import { RepairBudget } from "../election/repair-budget.ts";
import type { Scheduler } from "../base/scheduler.ts";
import type { Context } from "../election/state.ts";
import type { StepDown } from "../election/step-down.ts";
import type { Commands } from "../exec/commands.ts";
import { ExecDuty } from "../exec/exec-duty.ts";
import { HookedDuty, type HookedDutyOptions } from "../exec/hooked-duty.ts";
import { killMarginMs } from "../exec/timings.ts";
import type { Disk } from "../disk/disk.ts";
import { LeaderFiles } from "../files/leader-files.ts";
import type { Access } from "../zookeeper/access.ts";
import { ZooKeeperCoordinator } from "../coordination/zookeeper/coordinator.ts";
import { basePathOf } from "../coordination/zookeeper/leadership/layout.ts";
import type { SessionKey } from "../coordination/zookeeper/leadership/session-key.ts";
import type { Transport } from "../zookeeper/transport/transport.ts";

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
  /** Runs the command under leadership; undefined where the files are the whole duty. */
  readonly commands?: Commands | undefined;
  /** The commands before and after a leadership; undefined where there are none. */
  readonly hooks?: Pick<HookedDutyOptions, "elected" | "lost"> | undefined;
  /** Aborted at the next change of the configuration; undefined where it never changes. */
  readonly configChanged?: (() => AbortSignal) | undefined;
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
  | "hookTimeoutMs"
>;

/**
 * Builds one replica out of its adapters: what `run` needs. Of `config`, these are read at each
 * use, and so may change: the timeouts of leader, attempter, failover and stopping, the capacity,
 * and the number of attempts.
 */
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
  const files = new LeaderFiles({
    disk,
    scheduler,
    observer,
    replica: config.replicaId,
    host: describe().host,
    limits: config,
    limitsChanged: surroundings.configChanged,
  });
  const duty = dutyOf(config, surroundings, files);
  const budget = new RepairBudget(() => config.failoverAttemptsCount);
  return { scheduler, coordinator, duty, observer, budget, timings: config, stepDown, stop };
}

/** The files, the command, or both; between hooks, where there are any. */
function dutyOf(
  config: ReplicaConfig,
  surroundings: ReplicaSurroundings,
  files: LeaderFiles,
): Duty {
  const { hooks, scheduler, observer } = surroundings;
  const duty = workOf(config, surroundings, files);
  if (hooks === undefined) return duty;
  const { replicaId: replica, hookTimeoutMs: timeoutMs } = config;
  const stoppingMs = stoppingMsOf(config);
  return new HookedDuty({ ...hooks, duty, timeoutMs, stoppingMs, scheduler, observer, replica });
}

function workOf(
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
    stoppingMs: stoppingMsOf(config),
    resign: () => stepDown.request(),
    exit: (status) => finish?.(status),
  });
  return config.withFiles ? new BothDuties(command, files) : command;
}

/** How long it takes at most to end a command that does not want to. */
function stoppingMsOf({ execStopTimeoutMs, sessionTimeoutMs }: ReplicaConfig): number {
  return execStopTimeoutMs + killMarginMs(sessionTimeoutMs);
}
