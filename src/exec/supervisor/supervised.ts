import { hostTimeMs, hostTimeOf, type Instant, type Scheduler } from "../../base/scheduler.ts";
import type { CommandEnd, Order, RunningCommand } from "../commands.ts";
import type { Assignment, Instruction, Report, StopLimits, StopSignalName } from "./messages.ts";
import type { Processes } from "./processes.ts";

/** The process of a supervisor, as the daemon that has started it sees it. */
export interface SupervisorProcess {
  /** Resolves when it is gone, with how it ended: for people. */
  readonly gone: Promise<string>;
  /** All that it reported, once it can report no more. */
  readonly reports: Promise<readonly Report[]>;
  /** A supervisor that has died does not listen. */
  say(message: Assignment | Instruction): void;
  /** Sends SIGKILL. */
  kill(): void;
}

export interface SupervisedOptions {
  readonly scheduler: Scheduler;
  /** What is below this process, in case that a supervisor dies: nothing else may be. */
  readonly processes: Processes;
  readonly command: readonly string[];
  /** Whether the supervisor was given our lock. */
  readonly inheritsLock: boolean;
  readonly stopSignal: StopSignalName;
  /** As of now: a lease that is granted anew may leave more or less time. */
  readonly limits: () => StopLimits;
}

/** How often it is looked whether the processes that a dead supervisor left are gone. */
const lookMs = 10;

/** One command below its supervisor, from the daemon's side. */
export class Supervised implements RunningCommand {
  readonly ended: Promise<CommandEnd>;
  readonly #options: SupervisedOptions;
  readonly #supervisor: SupervisorProcess;
  /**
   * When a supervisor that hangs is killed, in host time: one that does its work has ended before,
   * also when the machine has slept.
   */
  #patienceMs: number;
  /** As the supervisor was told them last. */
  #limits: StopLimits;
  #asked = false;
  #gone = false;
  #waking = new AbortController();

  constructor(options: SupervisedOptions, supervisor: SupervisorProcess, order: Order) {
    this.#options = options;
    this.#supervisor = supervisor;
    this.#limits = options.limits();
    this.#patienceMs = this.#before(order.until);
    this.ended = this.#follow();
    supervisor.say(this.#assignment(order));
  }

  extend(until: Instant): void {
    if (!this.#asked) {
      this.#limits = this.#options.limits();
      this.#patienceMs = this.#before(until);
    }
    const untilMs = hostTimeOf(this.#options.scheduler, until);
    this.#supervisor.say({ kind: "until", untilMs, limits: this.#limits });
  }

  /** False when it has ended. */
  forward(signal: StopSignalName): boolean {
    if (this.#gone) return false;
    this.#supervisor.say({ kind: "forward", signal });
    return true;
  }

  stop(): void {
    if (this.#asked) return;
    this.#asked = true;
    const { stopTimeoutMs, killMarginMs } = this.#limits;
    const latestMs = hostTimeMs(this.#options.scheduler) + stopTimeoutMs + killMarginMs;
    this.#patienceMs = Math.min(this.#patienceMs, latestMs);
    this.#waking.abort();
    this.#supervisor.say({ kind: "stop" });
  }

  /** Half of the time for dying is the supervisor's, the other half is ours. */
  #before(until: Instant): number {
    return hostTimeOf(this.#options.scheduler, until) - this.#limits.killMarginMs / 2;
  }

  /** Kills a supervisor that hangs: what is below it becomes ours, and is swept away in time. */
  async #watch(ended: AbortSignal): Promise<void> {
    const { scheduler } = this.#options;
    // A suspended machine wakes with its timers where they were: at most half of our time is lost.
    const longestSleepMs = (): number => this.#limits.killMarginMs / 4;
    const remainingMs = (): number => this.#patienceMs - hostTimeMs(scheduler);
    while (!ended.aborted && remainingMs() > 0) {
      this.#waking = new AbortController();
      const waking = AbortSignal.any([ended, this.#waking.signal]);
      await scheduler.sleep(Math.min(remainingMs(), longestSleepMs()), waking);
    }
    if (!ended.aborted) this.#supervisor.kill();
  }

  #assignment({ environment, until }: Order): Assignment {
    const { command, inheritsLock, stopSignal, scheduler } = this.#options;
    const untilMs = hostTimeOf(scheduler, until);
    return { command, environment, inheritsLock, untilMs, stopSignal, limits: this.#limits };
  }

  /** Resolves once the supervisor is gone, and with it the last process of the command. */
  async #follow(): Promise<CommandEnd> {
    const ended = new AbortController();
    const watching = this.#watch(ended.signal);
    const detail = await this.#supervisor.gone;
    this.#gone = true;
    ended.abort();
    await watching;
    const reports = await this.#supervisor.reports;
    const last = reports.findLast((report) => report.kind === "ended");
    if (last !== undefined) return last.end;
    await this.#sweep();
    return this.#asked ? { kind: "stopped", cause: "asked" } : { kind: "unsupervised", detail };
  }

  /** Kills what a dead supervisor left behind: as its parent we have inherited it. */
  async #sweep(): Promise<void> {
    const { processes, scheduler } = this.#options;
    const never = new AbortController().signal;
    while (processes.anyLives()) {
      processes.kill();
      await scheduler.sleep(lookMs, never);
    }
  }
}
