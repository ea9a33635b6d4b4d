import type { Commands, Order, RunningCommand } from "../../../src/exec/commands.ts";
import type { StopLimits, StopSignalName } from "../../../src/exec/supervisor/messages.ts";
import { Supervised } from "../../../src/exec/supervisor/supervised.ts";
import type { CommandReferee } from "../referee/command-referee.ts";
import type { Life } from "../referee/life.ts";
import type { Random } from "../world/random.ts";
import type { SimulatedClock } from "../world/simulated-clock.ts";
import type { SimulatedMachine } from "../world/simulated-machine.ts";
import type { CommandKind } from "./simulated-processes.ts";
import { SimulatedSupervisor } from "./simulated-supervisor.ts";
import type { SimulatedScheduler } from "../world/simulated-scheduler.ts";
import type { Timeline } from "../timeline.ts";

export interface CommandsOptions {
  readonly kind: CommandKind;
  /** How long a hook may take. */
  readonly hookTimeoutMs: number;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly referee: CommandReferee;
  readonly tell: (text: string) => void;
  /** The daemon: its name, its life and its timers, and the lock that it lets others inherit. */
  readonly name: string;
  readonly daemon: Life;
  readonly scheduler: SimulatedScheduler;
  readonly lock: number | undefined;
  readonly machine: SimulatedMachine;
  readonly clock: SimulatedClock;
  readonly calmAtMs: number;
  readonly limits: (isUnderLease: boolean) => StopLimits;
}

/** The commands of one daemon: all is real but the processes. */
export class SimulatedCommands implements Commands {
  readonly #options: CommandsOptions;
  readonly #supervisors = new Set<SimulatedSupervisor>();
  #started = 0;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  problem(): string | undefined {
    return undefined;
  }

  start(order: Order): RunningCommand {
    const { name, kind, scheduler, lock, limits } = this.#options;
    this.#started += 1;
    for (const each of this.#supervisors) {
      if (!each.lives && !each.tree.anyLives()) this.#supervisors.delete(each);
    }
    const supervisor = new SimulatedSupervisor(this.#options, `${name} ${kind} ${this.#started}`);
    this.#supervisors.add(supervisor);
    const options = {
      scheduler,
      processes: this.#inherited(),
      command: ["work"],
      inheritsLock: lock !== undefined,
      stopSignal: "SIGTERM",
      limits: () => limits(kind !== "lost"),
    } as const;
    return new Supervised(options, supervisor, order);
  }

  /** How many commands have a process that lives. */
  get living(): number {
    return [...this.#supervisors].filter(({ tree }) => tree.anyLives()).length;
  }

  /** Whether nothing is left, no supervisor either. */
  get isEmpty(): boolean {
    return this.living === 0 && ![...this.#supervisors].some(({ lives }) => lives);
  }

  /** The daemon is gone. */
  loseDaemon(): void {
    for (const each of this.#supervisors) each.loseDaemon();
  }

  freeze(): () => void {
    const frozen = [...this.#supervisors];
    for (const each of frozen) each.freeze();
    return () => {
      for (const each of frozen) each.thaw();
    };
  }

  /** What dead supervisors have left to the daemon. */
  #inherited() {
    const trees = () =>
      [...this.#supervisors].filter(({ isOrphaned }) => isOrphaned).map(({ tree }) => tree);
    return {
      start: () => ({ kind: "failed", detail: "a daemon starts supervisors only" }) as const,
      living: () => trees().flatMap((tree) => tree.living()),
      anyLives: () => trees().length > 0,
      kill: () => trees().forEach((tree) => tree.kill()),
      killAll: () => trees().forEach((tree) => tree.killAll()),
      reap: () => undefined,
      signal: (pids: readonly number[], signal: StopSignalName) =>
        trees().forEach((tree) => tree.signal(pids, signal)),
    };
  }
}
