import type { Disk } from "../disk/disk.ts";
import { BothDuties } from "../election/both-duties.ts";
import type { Coordination } from "../election/ports/coordination.ts";
import type { Coordinator, ReplicaInfo } from "../election/ports/coordinator.ts";
import type { Duty } from "../election/ports/duty.ts";
import type { Observer } from "../election/ports/observer.ts";
import { RepairBudget } from "../election/repair-budget.ts";
import type { Scheduler } from "../base/scheduler.ts";
import type { Context } from "../election/state.ts";
import type { StepDown } from "../election/step-down.ts";
import type { Commands } from "../exec/commands.ts";
import { ExecDuty } from "../exec/exec-duty.ts";
import { HookedDuty, type HookedDutyOptions } from "../exec/hooked-duty.ts";
import {
  type CommandKinds,
  dutyEndMs,
  leaseProblem,
  lostStoppingMs,
  stoppingMs,
} from "../exec/timings.ts";
import { LeaderFiles } from "../files/leader-files.ts";
import type { Config } from "./options.ts";

/** What a replica touches the world with: the daemon's is real, the simulation's is not. */
export interface ReplicaMeans {
  readonly scheduler: Scheduler;
  readonly coordinator: Coordinator;
  readonly coordination: Pick<Coordination, "timing" | "patience" | "place">;
  readonly disk: Disk;
  readonly observer: Observer;
  readonly describe: () => ReplicaInfo;
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

/** The settings that shape a replica's behaviour with every coordinator. */
export type ReplicaConfig = Pick<
  Config,
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
export function replicaContext(config: ReplicaConfig, means: ReplicaMeans): Context {
  const { scheduler, coordinator, coordination, observer, stepDown, stop } = means;
  const budget = new RepairBudget((resource) => {
    const isCounted = resource === "duty" || coordination.patience.countsOpenings;
    return isCounted ? config.failoverAttemptsCount : Infinity;
  });
  const kinds = {
    command: means.commands !== undefined,
    onElected: means.hooks?.elected !== undefined,
    onLost: means.hooks?.lost !== undefined,
  };
  return {
    scheduler,
    coordinator,
    duty: dutyOf(config, means, kinds),
    observer,
    budget,
    timings: config,
    get dutyEndMs() {
      return dutyEndMs(config, coordination.timing, kinds);
    },
    get dutyProblem() {
      const detail = leaseProblem(coordination.timing, kinds);
      if (detail === undefined) return undefined;
      return { resource: "duty", code: "duty-failed", detail } as const;
    },
    stepDown,
    stop,
  };
}

/** The files, the command, or both; between hooks, where there are any. */
function dutyOf(config: ReplicaConfig, means: ReplicaMeans, kinds: CommandKinds): Duty {
  const { hooks, scheduler, observer } = means;
  const duty = workOf(config, means, kinds);
  if (hooks === undefined) return duty;
  return new HookedDuty({
    ...hooks,
    duty,
    timeoutMs: config.hookTimeoutMs,
    get stoppingMs() {
      return stoppingMs(config, means.coordination.timing);
    },
    get lostStoppingMs() {
      return lostStoppingMs(config, means.coordination.timing);
    },
    scheduler,
    observer,
    replica: config.replicaId,
  });
}

function workOf(config: ReplicaConfig, means: ReplicaMeans, kinds: CommandKinds): Duty {
  const { commands, scheduler, observer, stepDown, finish } = means;
  const files = new LeaderFiles({
    disk: means.disk,
    scheduler,
    observer,
    replica: config.replicaId,
    host: means.describe().host,
    service: means.coordination.place.name,
    limits: config,
    limitsChanged: means.configChanged,
  });
  if (commands === undefined) return files;
  const command = new ExecDuty({
    commands,
    scheduler,
    observer,
    replica: config.replicaId,
    restart: config.execRestart,
    sequel: config.execThen,
    get stoppingMs() {
      return stoppingMs(config, means.coordination.timing);
    },
    get leaseProblem() {
      return leaseProblem(means.coordination.timing, kinds);
    },
    resign: () => stepDown.request(),
    exit: (status) => finish?.(status),
  });
  return config.withFiles ? new BothDuties(command, files) : command;
}
