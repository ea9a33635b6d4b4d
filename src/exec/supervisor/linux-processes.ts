import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Assignment, StopSignalName } from "./messages.ts";
import { descendants, type ProcessStatus, statusOf } from "./process-tree.ts";
import type { Processes, Started } from "./processes.ts";
import { SpareDescriptors } from "./spare-descriptors.ts";

/** Source: prctl(2), linux/prctl.h */
const setChildSubreaper = 36;
/** Source: waitid(2), linux/wait.h */
const withoutWaiting = 1;
const whoHasDied = 4;
const leavingIt = 0x01000000;
const ofAnyKind = 0x40000000;
/** Where waitid says whom it has found, in numbers of 32 bits. Source: siginfo_t of 64-bit Linux */
const siginfoLength = 32;
const foundAt = 4;
/** A process that forks and forks is chased so many times before we let others run. */
const chases = 64;

interface LinuxProcessesOptions {
  /** The environment that the command inherits, its own variables not among them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A descriptor that every process of the command inherits; undefined for none. */
  readonly inherited: number | undefined;
}

/**
 * The processes below this one. Whoever loses its parent becomes a child of ours instead of
 * init's (a "subreaper", see prctl(2)), so a process that detaches itself does not escape.
 */
export class LinuxProcesses implements Processes {
  readonly #options: LinuxProcessesOptions;
  readonly #library: ReturnType<typeof openLibrary>;
  readonly #spare = new SpareDescriptors();
  #child: ChildProcess | undefined;

  /** Throws where the C library cannot be loaded, or the kernel knows no subreapers. */
  constructor(options: LinuxProcessesOptions) {
    this.#options = options;
    this.#library = openLibrary();
    if (this.#library.symbols.prctl(setChildSubreaper, 1n, 0n, 0n, 0n) !== 0) {
      throw new Error("prctl(PR_SET_CHILD_SUBREAPER) failed");
    }
  }

  start({ command, environment }: Assignment): Started {
    const [program = "", ...parameters] = command;
    const { inherited } = this.#options;
    const { promise: exited, resolve } = Promise.withResolvers<number>();
    try {
      const child = spawn(program, parameters, {
        // A session and a process group of its own: signals for the daemon do not reach it.
        detached: true,
        env: { ...this.#options.environment, ...environment },
        stdio: ["ignore", "inherit", "inherit", ...(inherited === undefined ? [] : [inherited])],
      });
      child.on("error", () => undefined);
      child.on("exit", (code, signal) => {
        // Another process may get its number.
        this.#child = undefined;
        resolve(code ?? statusOfSignal(signal));
      });
      this.#child = child;
      if (child.pid !== undefined) return { kind: "started", pid: child.pid, exited };
      return { kind: "failed", detail: `${program}: it cannot be executed` };
    } catch (error) {
      return { kind: "failed", detail: `${program}: ${reasonOf(error)}` };
    }
  }

  living(): readonly number[] {
    return this.#spare.lend(livingDescendants).map(({ pid }) => pid);
  }

  /**
   * A list of processes proves nothing, since who forks and dies at once is never where one looks.
   * But whoever descends from us has an ancestor, or is one, that is our child: so the kernel's
   * answer that we have no child is exact.
   */
  anyLives(): boolean {
    const { waitid, waitpid } = this.#library.symbols;
    const flags = whoHasDied | withoutWaiting | leavingIt | ofAnyKind;
    for (;;) {
      const found = new Int32Array(siginfoLength);
      if (waitid(0, 0, found, flags) !== 0) return this.living().length > 0;
      const pid = found[foundAt] ?? 0;
      // The runtime buries the command itself, and tells us of it.
      if (pid === 0 || pid === this.#child?.pid) return true;
      waitpid(pid, null, withoutWaiting | ofAnyKind);
    }
  }

  signal(pids: readonly number[], signal: StopSignalName): void {
    for (const pid of pids) send(pid, signal);
  }

  kill(): void {
    this.#spare.lend(() => this.#kill());
  }

  #kill(): void {
    const session = statusOf(process.pid)?.session;
    for (let chase = 0; chase < chases && this.anyLives(); chase += 1) {
      const living = livingDescendants();
      // The kernel signals a group at one stroke, so nobody in it forks himself out of reach. In a
      // session other than ours is nobody else's group; 1 would stand for every process there is.
      const groups = living.filter((one) => one.session !== session && one.group > 1);
      for (const group of new Set(groups.map((one) => one.group))) send(-group, "SIGKILL");
      for (const { pid } of living) send(pid, "SIGKILL");
    }
  }

  reap(): void {
    this.anyLives();
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

function statusOfSignal(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}

function openLibrary() {
  // Loaded here, because only a command under leadership needs it.
  const { dlopen, FFIType } = require("bun:ffi") as typeof import("bun:ffi");
  return dlopen("libc.so.6", {
    prctl: {
      args: [FFIType.i32, FFIType.u64, FFIType.u64, FFIType.u64, FFIType.u64],
      returns: FFIType.i32,
    },
    waitid: {
      args: [FFIType.i32, FFIType.u32, FFIType.ptr, FFIType.i32],
      returns: FFIType.i32,
    },
    waitpid: { args: [FFIType.i32, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
  });
}
