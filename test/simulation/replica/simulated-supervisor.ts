import type { Assignment, Instruction, Report } from "../../../src/exec/supervisor/messages.ts";
import type { SupervisorProcess } from "../../../src/exec/supervisor/supervised.ts";
import { Supervisor } from "../../../src/exec/supervisor/supervisor.ts";
import type { CommandWatch } from "../referee/command-referee.ts";
import { Life } from "../referee/life.ts";
import type { Random } from "../world/random.ts";
import { ProcessTree } from "./simulated-processes.ts";
import type { CommandsOptions } from "./simulated-commands.ts";
import { SimulatedScheduler } from "../world/simulated-scheduler.ts";

/** Starting a program takes so long. */
const startMs = [5, 80] as const;
const longestPipeMs = 0.5;
/** Whoever starts daemons also ends what a killed one has left without a supervisor. */
const cleanUpMs = 5_000;

/**
 * A supervisor's process: the real supervisor on its machine's clock, with a life of its own. Its
 * daemon may be killed or stopped, and it itself is sometimes.
 */
export class SimulatedSupervisor implements SupervisorProcess {
  readonly gone: Promise<string>;
  readonly reports: Promise<readonly Report[]>;
  readonly tree: ProcessTree;
  readonly #life = new Life();
  readonly #options: CommandsOptions;
  readonly #random: Random;
  readonly #scheduler: SimulatedScheduler;
  readonly #gone = Promise.withResolvers<string>();
  readonly #reports = Promise.withResolvers<readonly Report[]>();
  readonly #told: Report[] = [];
  readonly #heard: Instruction[] = [];
  readonly #leave: () => void;
  #dropLock: () => void;
  #more = Promise.withResolvers<void>();
  #pipeEnded = false;
  #readsFrom: number;
  #assignment: Assignment | undefined;
  #watch: CommandWatch | undefined;

  constructor(options: CommandsOptions, name: string) {
    const { timeline, random, machine, lock, clock, calmAtMs, kind, hookTimeoutMs } = options;
    this.#options = options;
    this.#random = random.fork(name);
    this.gone = this.#gone.promise;
    this.reports = this.#reports.promise;
    const timers = random.fork(`${name} clock`);
    this.#scheduler = new SimulatedScheduler(timeline, this.#life, timers, clock);
    this.#readsFrom = timeline.now + this.#random.between(...startMs);
    const hold = (): (() => void) => (lock === undefined ? () => undefined : machine.hold(lock));
    this.#dropLock = hold();
    let dropOfTree: (() => void) | undefined;
    this.tree = new ProcessTree({
      kind,
      hookTimeoutMs,
      timeline,
      random: random.fork(`${name} command`),
      supervisor: this.#life,
      calmAtMs,
      born: (assignment) => {
        if (assignment.inheritsLock) dropOfTree = hold();
        // What clears up after a leadership is not bound to its lease.
        if (kind === "lost") return;
        this.#watch = options.referee.starts(options, assignment, () => this.#isGuarded);
      },
      gone: () => {
        dropOfTree?.();
        this.#watch?.over();
        this.#watch = undefined;
      },
    });
    this.#leave = machine.house(() => {
      this.#end(undefined);
      this.tree.end();
    });
    this.#planItsOwnTrouble();
  }

  get lives(): boolean {
    return !this.#life.over;
  }

  get isOrphaned(): boolean {
    return this.#life.over && this.tree.anyLives();
  }

  say(message: Assignment | Instruction): void {
    if (this.#options.daemon.over) return;
    this.#send(() => {
      if ("kind" in message) this.#heard.push(message);
      else this.#begin(message);
      this.#more.resolve();
    });
  }

  kill(): void {
    this.#end("SIGKILL");
  }

  /** The daemon has died, and its end of the pipe is closed. */
  loseDaemon(): void {
    this.#send(() => {
      this.#pipeEnded = true;
      this.#more.resolve();
      if (this.#assignment === undefined) this.#end("status 64");
    });
    if (this.isOrphaned) this.#planCleanUp();
  }

  /** The machine sleeps. */
  freeze(): void {
    this.#life.hold();
    this.tree.life.hold();
    this.#watch?.freeze();
  }

  thaw(): void {
    this.#watch?.thaw();
    this.#life.release();
    this.tree.life.release();
  }

  /** Whether one of the two that watch over the command runs. */
  get #isGuarded(): boolean {
    return this.#life.running || this.#options.daemon.running;
  }

  #begin(assignment: Assignment): void {
    this.#assignment = assignment;
    const { referee, name } = this.#options;
    const supervisor = new Supervisor(assignment, {
      processes: this.tree,
      scheduler: this.#scheduler,
      daemon: { instructions: this.#instructions(), tell: (report) => this.#told.push(report) },
    });
    supervisor.run().then(
      () => this.#end("status 0"),
      (error: unknown) => {
        if (!this.#life.over) referee.blame("crash", `supervisor of ${name}: ${String(error)}`);
      },
    );
  }

  async *#instructions(): AsyncIterable<Instruction> {
    for (;;) {
      yield* this.#heard.splice(0);
      if (this.#pipeEnded) return;
      await this.#more.promise;
      this.#more = Promise.withResolvers<void>();
    }
  }

  /** In order, and not before it runs. */
  #send(arrive: () => void): void {
    const { timeline } = this.#options;
    const at = Math.max(this.#readsFrom, timeline.now + this.#random.between(0, longestPipeMs));
    this.#readsFrom = at;
    timeline.plan(at - timeline.now, () => this.#life.deliver("io", arrive));
  }

  #end(how: string | undefined): void {
    if (this.#life.over) return;
    this.#life.end();
    this.#leave();
    this.#dropLock();
    this.#options.tell(`the supervisor ends with ${how ?? "its machine"}`);
    if (how === undefined) return;
    this.tree.loseParent();
    const { daemon, timeline } = this.#options;
    if (daemon.over && this.isOrphaned) this.#planCleanUp();
    timeline.plan(this.#random.between(0, longestPipeMs), () =>
      daemon.deliver("io", () => {
        this.#gone.resolve(`its supervisor ended, with ${how}`);
        this.#reports.resolve(this.#told);
      }),
    );
  }

  #planCleanUp(): void {
    this.#options.timeline.plan(cleanUpMs, () => {
      if (!this.tree.anyLives()) return;
      this.tree.kill();
      this.#planCleanUp();
    });
  }

  /** Supervisors are killed, and hang: then the daemon has to do their work. */
  #planItsOwnTrouble(): void {
    const { timeline, calmAtMs, tell } = this.#options;
    if (!this.#random.chance(0.2)) return;
    const after = 30 * 500 ** this.#random.next();
    const hangsForMs = this.#random.chance(0.5) ? this.#random.between(10, 5_000) : undefined;
    if (timeline.now + after + (hangsForMs ?? 0) >= calmAtMs) return;
    timeline.plan(after, () => {
      if (this.#life.over) return;
      if (hangsForMs === undefined) return this.kill();
      tell("the supervisor hangs");
      this.#life.hold();
      timeline.plan(hangsForMs, () => this.#life.release());
    });
  }
}
