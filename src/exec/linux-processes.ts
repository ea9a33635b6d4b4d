import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Assignment, StopSignalName } from "./messages.ts";
import type { Processes, Started } from "./processes.ts";

/** Source: prctl(2), linux/prctl.h */
const setChildSubreaper = 36;
/** Source: waitpid(2) */
const withoutWaiting = 1;

export interface LinuxProcessesOptions {
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
      child.on("exit", (code, signal) => resolve(code ?? statusOfSignal(signal)));
      this.#child = child;
      if (child.pid !== undefined) return { kind: "started", pid: child.pid, exited };
      return { kind: "failed", detail: `${program}: it cannot be executed` };
    } catch (error) {
      return { kind: "failed", detail: `${program}: ${reasonOf(error)}` };
    }
  }

  living(): readonly number[] {
    const found = this.#scan();
    // A process that forks and dies while the list is read could hide its child from one reading.
    return found.length > 0 ? found : this.#scan();
  }

  signal(pids: readonly number[], signal: StopSignalName | "SIGKILL"): void {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It is gone already.
      }
    }
  }

  /** Buries the dead among the processes that have become ours. */
  reap(): void {
    this.#scan();
  }

  #scan(): readonly number[] {
    const parents = new Map<number, number>();
    const dead = new Set<number>();
    for (const name of readdirSync("/proc")) {
      const status = /^\d+$/.test(name) ? readStatus(name) : undefined;
      if (status === undefined) continue;
      parents.set(status.pid, status.parent);
      if (status.dead) dead.add(status.pid);
    }
    const living: number[] = [];
    for (const pid of parents.keys()) {
      if (!descends(pid, parents)) continue;
      if (!dead.has(pid)) living.push(pid);
      else if (pid !== this.#child?.pid) this.#library.symbols.waitpid(pid, null, withoutWaiting);
    }
    return living;
  }
}

/** Whether a process descends from this one. */
function descends(pid: number, parents: ReadonlyMap<number, number>): boolean {
  let ancestor = parents.get(pid);
  // No line of ancestors is longer than the list; a torn reading might have a circle in it.
  for (let steps = 0; ancestor !== undefined && steps < parents.size; steps += 1) {
    if (ancestor === process.pid) return true;
    ancestor = parents.get(ancestor);
  }
  return false;
}

interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly dead: boolean;
}

/** Undefined for a process that is gone. Source: proc(5), /proc/pid/stat */
function readStatus(pid: string): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in parentheses, may hold anything.
    const [state = "", parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid: Number(pid), parent: Number(parent), dead: "ZX".includes(state) };
  } catch {
    return undefined;
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
    waitpid: { args: [FFIType.i32, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
  });
}
