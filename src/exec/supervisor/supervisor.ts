import { hostTimeMs, type Scheduler } from "../../base/scheduler.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { CommandEnd } from "../commands.ts";
import type { Assignment, Instruction, Report, StopLimits } from "./messages.ts";
import type { Processes } from "./processes.ts";

/** The daemon, as the supervisor sees it. */
export interface Daemon {
  /** Its instructions; they end when the daemon has died or let go of us. */
  readonly instructions: AsyncIterable<Instruction>;
  tell(report: Report): void;
}

/** A sleep may not be longer: a suspended machine wakes with its timers where they were. */
const longestSleepMs = 200;
/** How often the dead are buried that the command has left to us. */
const reapIntervalMs = 5_000;
/** How often it is looked whether the stopped processes are gone. */
const lookMs = 10;

/**
 * Stands between the daemon and the command, and holds the deadline by itself.
 *
 * - I1. A command is dead before its deadline, whatever the daemon does: killed, stopped or cut
 *   off, it extends nothing.
 * - I2. What ends the supervisor, an error of its own as well, ends every process of the command.
 * - I3. It says that the command has ended, and lets go of the lock that it has inherited, only
 *   when not one process of it lives.
 * - I4. A stop that has begun is not taken back.
 */
export class Supervisor {
  readonly #assignment: Assignment;
  readonly #processes: Processes;
  readonly #scheduler: Scheduler;
  readonly #daemon: Daemon;
  #untilMs: number;
  #limits: StopLimits;
  #exit: number | undefined;
  #stopping: "asked" | "deadline" | undefined;
  #waking = new AbortController();

  constructor(
    assignment: Assignment,
    tools: { processes: Processes; scheduler: Scheduler; daemon: Daemon },
  ) {
    this.#assignment = assignment;
    this.#processes = tools.processes;
    this.#scheduler = tools.scheduler;
    this.#daemon = tools.daemon;
    this.#untilMs = assignment.untilMs;
    this.#limits = assignment.limits;
  }

  /** Runs the command to its end, and resolves with it. */
  async run(): Promise<CommandEnd> {
    try {
      const end = await this.#run();
      this.#daemon.tell({ kind: "ended", end });
      return end;
    } finally {
      // Whatever went wrong: nothing may be left of the command.
      this.#processes.killAll();
    }
  }

  async #run(): Promise<CommandEnd> {
    if (this.#mustStop()) return { kind: "not-started", detail: "the lease is about to end" };
    const started = this.#processes.start(this.#assignment);
    if (started.kind === "failed") return { kind: "not-started", detail: started.detail };
    this.#daemon.tell({ kind: "started", pid: started.pid });
    void started.exited.then((exit) => {
      this.#exit = exit;
      this.#wake();
    });
    this.#listen(started.pid).catch(() => undefined);

    let reapAtMs = hostTimeMs(this.#scheduler) + reapIntervalMs;
    while (this.#exit === undefined && this.#stopping === undefined) {
      if (hostTimeMs(this.#scheduler) >= reapAtMs) {
        this.#processes.reap();
        reapAtMs = hostTimeMs(this.#scheduler) + reapIntervalMs;
      }
      if (this.#mustStop()) this.#beginStop("deadline");
      else await this.#sleep(this.#stopAtMs() - hostTimeMs(this.#scheduler));
    }
    await this.#endAll();
    const code = await started.exited;
    if (this.#stopping !== undefined) return { kind: "stopped", cause: this.#stopping };
    return { kind: "exited", code };
  }

  /** The latest moment at which the stop signal leaves the command its full stop timeout. */
  #stopAtMs(): number {
    return this.#killAtMs() - this.#limits.stopTimeoutMs;
  }

  #killAtMs(): number {
    return this.#untilMs - this.#limits.killMarginMs;
  }

  #mustStop(): boolean {
    // A time that is no number has come.
    return !(hostTimeMs(this.#scheduler) < this.#stopAtMs());
  }

  #beginStop(cause: "asked" | "deadline"): void {
    if (this.#stopping !== undefined || this.#exit !== undefined) return;
    this.#stopping = cause;
    this.#daemon.tell({ kind: "stopping", cause });
    this.#wake();
  }

  /** Ends what lives: by the stop signal first, by SIGKILL for as long as it takes then. */
  async #endAll(): Promise<void> {
    this.#processes.signal(this.#processes.living(), this.#assignment.stopSignal);
    const { stopTimeoutMs } = this.#limits;
    const killAtMs = Math.min(hostTimeMs(this.#scheduler) + stopTimeoutMs, this.#killAtMs());
    while (this.#processes.anyLives() && hostTimeMs(this.#scheduler) < killAtMs) {
      await this.#sleep(lookMs);
    }
    while (this.#processes.anyLives()) {
      this.#processes.kill();
      await this.#sleep(lookMs);
    }
  }

  /** What the daemon says, to its end; an error is an end, for nobody would extend the deadline. */
  async #listen(pid: number): Promise<void> {
    try {
      for await (const instruction of this.#daemon.instructions) {
        this.#follow(instruction, pid);
        this.#wake();
      }
    } finally {
      this.#beginStop("asked");
    }
  }

  #follow(instruction: Instruction, pid: number): void {
    switch (instruction.kind) {
      case "until":
        // A stop that has begun is not taken back, and its end not put off.
        if (this.#stopping !== undefined) break;
        this.#untilMs = instruction.untilMs;
        this.#limits = instruction.limits;
        break;
      case "stop":
        this.#beginStop("asked");
        break;
      case "forward":
        // To the command itself: what it has started, it may tell or not.
        if (this.#exit === undefined) this.#processes.signal([pid], instruction.signal);
        break;
      default:
        unreachable(instruction);
    }
  }

  async #sleep(ms: number): Promise<void> {
    this.#waking = new AbortController();
    await this.#scheduler.sleep(Math.min(Math.max(ms, 0), longestSleepMs), this.#waking.signal);
  }

  #wake(): void {
    this.#waking.abort();
  }
}
