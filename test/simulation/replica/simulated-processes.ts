import type { Assignment, StopSignalName } from "../../../src/exec/supervisor/messages.ts";
import type { Processes, Started } from "../../../src/exec/supervisor/processes.ts";
import { Life } from "../referee/life.ts";
import type { Random } from "../world/random.ts";
import type { Timeline } from "../timeline.ts";

/** One process of a command. */
interface Member {
  /** How long it takes to obey the stop signal; undefined for one that does not. */
  readonly obeysAfterMs: number | undefined;
  obeys: boolean;
  isDying: boolean;
}

/** The command under leadership, or the one before it, or the one after it. */
export type CommandKind = "work" | "elected" | "lost";

export interface ProcessTreeOptions {
  readonly kind: CommandKind;
  /** How long a hook may take. */
  readonly hookTimeoutMs: number;
  readonly timeline: Timeline;
  readonly random: Random;
  /** The supervisor's: it hears of the command's end. */
  readonly supervisor: Life;
  /** Commands that start later go on until they are stopped, and obey. */
  readonly calmAtMs: number;
  readonly born: (assignment: Assignment) => void;
  readonly gone: () => void;
}

/** SIGKILL takes so long at most. */
const longestDyingMs = 15;
const mostForks = 12;
const calmHookMs = 20;
/** The number of the command itself. */
const main = 1;

/** A command: its main process, what that has started, and what these have started in turn. */
export class ProcessTree implements Processes {
  /** It goes on when its supervisor is stopped, and stands still with the machine. */
  readonly life = new Life();
  readonly #options: ProcessTreeOptions;
  readonly #members = new Map<number, Member>();
  readonly #isCalm: boolean;
  #exited = Promise.withResolvers<number>();
  #forks = 0;

  constructor(options: ProcessTreeOptions) {
    this.#options = options;
    this.#isCalm = options.timeline.now >= options.calmAtMs;
  }

  start(assignment: Assignment): Started {
    const { random, born } = this.#options;
    if (!this.#isCalm && random.chance(0.03)) return { kind: "failed", detail: "no memory" };
    born(assignment);
    const pid = this.#fork();
    for (let left = random.integer(0, 2); left > 0; left -= 1) this.#fork();
    const end = (): void => this.#die(pid, random.integer(0, 1));
    if (this.#options.kind !== "work") this.#plan(this.#hookMs(), end);
    // Short runs and long ones are equally likely.
    else if (random.chance(0.5)) this.#inTurbulence(20 * 3_000 ** random.next(), end);
    return { kind: "started", pid, exited: this.#exited.promise };
  }

  /** A hook ends by itself. It may take longer than it is given, but not in calm. */
  #hookMs(): number {
    const { random, hookTimeoutMs, calmAtMs, timeline } = this.#options;
    const runsMs = 5 * ((2 * hookTimeoutMs) / 5) ** random.next();
    return Math.min(runsMs, Math.max(0, calmAtMs - timeline.now) + calmHookMs);
  }

  living(): readonly number[] {
    return [...this.#members.keys()];
  }

  anyLives(): boolean {
    return this.#members.size > 0;
  }

  kill(): void {
    const { random } = this.#options;
    for (const pid of this.living()) {
      const member = this.#members.get(pid);
      if (member === undefined || member.isDying) continue;
      member.isDying = true;
      // One that forks meanwhile is not found before the next look.
      if (random.chance(0.1)) this.#fork();
      this.#plan(random.between(0.05, longestDyingMs), () => this.#die(pid, 137));
    }
  }

  reap(): void {
    // The dead of this world need no burial.
  }

  killAll(): void {
    this.kill();
  }

  signal(pids: readonly number[], _signal: StopSignalName): void {
    const { random } = this.#options;
    for (const pid of pids) {
      const member = this.#members.get(pid);
      if (member === undefined || member.obeys) continue;
      const { obeysAfterMs } = member;
      if (obeysAfterMs === undefined) continue;
      member.obeys = true;
      if (!this.#isCalm && random.chance(0.1)) this.#fork();
      this.#plan(obeysAfterMs, () => this.#die(pid, 143));
    }
  }

  /** The supervisor has died, and the kernel kills the command for it: not what that has started. */
  loseParent(): void {
    this.#plan(this.#options.random.between(0.05, longestDyingMs), () => this.#die(main, 137));
  }

  /** The machine has lost its power. */
  end(): void {
    this.life.end();
    if (this.#members.size === 0) return;
    this.#members.clear();
    this.#options.gone();
  }

  #fork(): number {
    const { random } = this.#options;
    this.#forks += 1;
    const pid = this.#forks;
    const isDeaf = !this.#isCalm && random.chance(0.3);
    const obeysAfterMs = isDeaf ? undefined : 200 * (this.#isCalm ? 1 : 20) ** random.next();
    this.#members.set(pid, { obeysAfterMs, obeys: false, isDying: false });
    if (this.#forks >= mostForks) return pid;
    const after = random.between(0, 10_000);
    if (random.chance(0.2)) {
      this.#inTurbulence(after, () => this.#members.has(pid) && this.#fork());
    } else if (pid > main && random.chance(0.3)) this.#inTurbulence(after, () => this.#die(pid, 0));
    return pid;
  }

  #die(pid: number, status: number): void {
    const { supervisor, gone } = this.#options;
    if (!this.#members.delete(pid)) return;
    if (this.#members.size === 0) gone();
    if (pid === main) supervisor.deliver("io", () => this.#exited.resolve(status));
  }

  #inTurbulence(ms: number, action: () => void): void {
    const { timeline, calmAtMs } = this.#options;
    if (timeline.now + ms < calmAtMs) this.#plan(ms, action);
  }

  #plan(ms: number, action: () => void): void {
    this.#options.timeline.plan(ms, () => this.life.deliver("timer", action));
  }
}
