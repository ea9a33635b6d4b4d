import { closeSync, openSync } from "node:fs";
import { type CLibrary, openCLibrary } from "./c-library.ts";
import { forkAndExecute } from "./fork-exec.ts";
import type { Assignment, StopSignalName } from "./messages.ts";
import { descendants, highestPid, pidLimit, type ProcessStatus, statusOf } from "./process-tree.ts";
import type { Processes, Started } from "./processes.ts";
import { executionProblem } from "./program-file.ts";
import { SpareDescriptors } from "./spare-descriptors.ts";

/** Source: prctl(2), linux/prctl.h */
const setChildSubreaper = 36;
/** Source: waitid(2), linux/wait.h */
const everybody = 0;
const oneProcess = 1;
const withoutWaiting = 1;
const whoHasDied = 4;
const leavingIt = 0x01000000;
const ofAnyKind = 0x40000000;
/** What waitid says of whom it has found, in 32-bit numbers. Source: siginfo_t of 64-bit Linux */
const siginfoLength = 32;
const causeAt = 2;
const pidAt = 4;
const statusAt = 6;
/** The cause of one that has ended by itself; its status is a signal's number otherwise. */
const byItself = 1;
/** A process that forks and forks is chased as many times as this before we let others run. */
const chases = 64;
/** Kills that find nobody, in a row: after them the living are not in the list, not just quick. */
const vainKills = 16;
/** How long the last act waits for what it has killed to die. */
const dyingMs = 5;
/** So many numbers are looked at in one go, some 30 ms: then the deadline is, and others run. */
const sliceLength = 16_384;
/** How often, a millisecond apart, it is looked whether one that was killed is dead. */
const looksAtDying = 20;
/** Fruitless passes are at most this many kills apart. */
const longestRest = 1024;
const standardInput = 0;

interface LinuxProcessesOptions {
  /** The environment that the command inherits, its own variables not among them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Our descriptors that the command is to have, each with the number that it has there. */
  readonly inherited: readonly (readonly [ours: number, its: number])[];
}

/** The command itself, as long as its number is its own. */
interface Main {
  readonly pid: number;
  readonly exited: (status: number) => void;
}

/**
 * The processes below this one. A process that loses its parent becomes a child of ours instead of
 * init's (a "subreaper", see prctl(2)), so a process that detaches itself does not escape.
 *
 * Who they are is read in /proc, in which somebody else may have a hand; that none is left is what
 * waitid(2) says. Where /proc tells of nobody although waitid does, they are looked for without it.
 */
export class LinuxProcesses implements Processes {
  readonly #options: LinuxProcessesOptions;
  readonly #library: CLibrary;
  readonly #spare = new SpareDescriptors();
  readonly #found = new Int32Array(siginfoLength);
  #main: Main | undefined;
  /** No number of a process is higher, unless the limit was raised meanwhile. */
  readonly #pidLimit = pidLimit();
  /** How many kills in a row have found nobody, though somebody lived. */
  #vain = 0;
  /** The number of a child of ours: those of its descendants are likely to follow it. */
  #near: number = process.pid;
  /** How many numbers behind `#near` the pass under way has looked at. */
  #passed = 0;
  /** Passes in a row after which somebody still lives, and the kills until the next pass. */
  #passes = 0;
  #rest = 0;

  /** Throws where the C library cannot be called, or the kernel knows no subreapers. */
  constructor(options: LinuxProcessesOptions) {
    this.#options = options;
    this.#library = openCLibrary();
    if (this.#library.prctl(setChildSubreaper, 1n, 0n, 0n, 0n) !== 0) {
      throw new Error("prctl(PR_SET_CHILD_SUBREAPER) failed");
    }
  }

  start({ command, environment }: Assignment): Started {
    const { inherited } = this.#options;
    const [program = ""] = command;
    let nothing: number | undefined;
    try {
      nothing = openSync("/dev/null", "r");
      const forked = forkAndExecute(this.#library, {
        words: command,
        environment: { ...this.#options.environment, ...environment },
        descriptors: [[nothing, standardInput], ...inherited],
      });
      if (forked.kind === "failed") {
        return { kind: "failed", detail: `${program}: ${executionProblem(program, forked.errno)}` };
      }
      this.#beginPass(forked.pid);
      return { kind: "started", pid: forked.pid, exited: this.#watch(forked.pid) };
    } catch (error) {
      return { kind: "failed", detail: `${program}: ${reasonOf(error)}` };
    } finally {
      if (nothing !== undefined) closeSync(nothing);
    }
  }

  /** Resolves with the status of a child when it has ended. */
  #watch(pid: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const look = (): void => {
      this.anyLives();
    };
    process.on("SIGCHLD", look);
    const exited = (status: number): void => {
      process.off("SIGCHLD", look);
      resolve(status);
    };
    this.#main = { pid, exited };
    // It may have been faster than we are.
    look();
    return promise;
  }

  living(): readonly number[] {
    const main = this.#main === undefined ? [] : [this.#main.pid];
    return [...new Set([...main, ...this.#spare.lend(livingDescendants).map(({ pid }) => pid)])];
  }

  /**
   * A list of processes proves nothing, since who forks and dies at once is never where one looks.
   * But every descendant is our child, or has an ancestor who is: so the kernel's
   * answer that we have no child is exact.
   */
  anyLives(): boolean {
    for (;;) {
      if (!this.#wait(everybody, 0)) return this.living().length > 0;
      const pid = this.#found[pidAt] ?? 0;
      if (pid === 0) return true;
      if (pid === this.#main?.pid) this.#endMain(this.#main);
      this.#library.waitpid(pid, null, withoutWaiting | ofAnyKind);
    }
  }

  /** It is dead, and about to be buried: then its number and its group may be somebody else's. */
  #endMain({ pid, exited }: Main): void {
    this.#main = undefined;
    const [cause, status = 0] = [this.#found[causeAt], this.#found[statusAt]];
    // Its group could not be found any more.
    if (this.#spare.lend(() => statusOf(process.pid)) === undefined) send(-pid, "SIGKILL");
    exited(cause === byItself ? status : 128 + status);
  }

  /** Whether there is such a child; `#found` then says who has died, or 0. */
  #wait(kind: number, pid: number): boolean {
    const flags = whoHasDied | withoutWaiting | leavingIt | ofAnyKind;
    this.#found[pidAt] = 0;
    return this.#library.waitid(kind, pid, this.#found, flags) === 0;
  }

  signal(pids: readonly number[], signal: StopSignalName): void {
    for (const pid of pids) send(pid, signal);
  }

  kill(near?: number): void {
    if (near !== undefined && near !== this.#near) this.#beginPass(near);
    // The kernel signals a group at one stroke, so nobody in it forks himself out of reach.
    if (this.#main !== undefined) send(-this.#main.pid, "SIGKILL");
    this.#spare.lend(() => this.#kill());
  }

  #kill(): void {
    const own = statusOf(process.pid);
    this.#vain += 1;
    for (let chase = 0; chase < (own === undefined ? 1 : chases) && this.anyLives(); chase += 1) {
      const living = livingDescendants();
      if (living.length > 0) this.#vain = 0;
      // In a session other than ours is nobody else's group; 1 would stand for all processes.
      const groups = living.filter((one) => one.session !== own?.session && one.group > 1);
      for (const group of new Set(groups.map((one) => one.group))) send(-group, "SIGKILL");
      for (const { pid } of living) send(pid, "SIGKILL");
    }
    if (this.#vain >= (own === undefined ? 1 : vainKills)) this.#killUnlisted();
  }

  /**
   * Kills our children without any list: waitid tells a number that is a child's from one that is
   * not. One pass goes once around all numbers, upwards from that of a child of ours, since a
   * descendant mostly has a higher one than its ancestor. Each call does a slice of it.
   *
   * A pass takes seconds where numbers go high, so passes that leave somebody alive come less
   * and less often.
   */
  #killUnlisted(): void {
    if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    }
    // The limit may have been raised since it was read.
    const limit = this.#passes === 0 ? this.#pidLimit : highestPid;
    const end = this.#passed + sliceLength;
    while (this.#passed <= limit) {
      if (this.#passed >= end) return;
      const pid = (this.#near + this.#passed) % (limit + 1);
      this.#passed += 1;
      if (this.#killChild(pid) && !this.anyLives()) return;
    }
    this.#passes += 1;
    this.#passed = 0;
    this.#rest = Math.min(2 ** this.#passes, longestRest);
  }

  #beginPass(near: number): void {
    this.#near = near;
    this.#passed = 0;
    this.#passes = 0;
    this.#rest = 0;
  }

  /**
   * Kills a child of ours and its group, and waits a moment for its death: then its children are
   * ours, and met by the same pass. False where it is no child.
   */
  #killChild(pid: number): boolean {
    if (pid < 2 || !this.#wait(oneProcess, pid)) return false;
    // A group of this number was made by this child, and nobody else can have the number meanwhile.
    send(-pid, "SIGKILL");
    send(pid, "SIGKILL");
    for (let look = 0; look < looksAtDying; look += 1) {
      if (!this.#wait(oneProcess, pid) || this.#found[pidAt] !== 0) break;
      this.#library.poll(null, 0n, 1);
    }
    return true;
  }

  reap(): void {
    this.anyLives();
  }

  killAll(): void {
    while (this.anyLives()) {
      this.kill();
      this.#library.poll(null, 0n, dyingMs);
    }
  }
}

function livingDescendants(): readonly ProcessStatus[] {
  return descendants().filter(({ dead }) => !dead);
}

function send(pid: number, signal: StopSignalName | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}
