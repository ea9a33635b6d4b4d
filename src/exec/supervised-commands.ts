import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { type Instant, later, remainingMs, type Scheduler } from "../election/scheduler.ts";
import { bootTimeOf } from "./boot-time.ts";
import type { CommandEnd, Commands, Order, RunningCommand } from "./commands.ts";
import { Lines } from "./lines.ts";
import {
  type Assignment,
  decodeMessage,
  encodeMessage,
  type Instruction,
  longestMessage,
  type Report,
  type StopSignalName,
} from "./messages.ts";
import type { Processes } from "./processes.ts";

export interface SupervisionOptions {
  readonly scheduler: Scheduler;
  /** What is below this process, in case that a supervisor dies: nothing else may be. */
  readonly processes: Processes;
  /** The command line that starts a supervisor: this very program. */
  readonly supervisor: readonly string[];
  readonly command: readonly string[];
  /** What supervisor and command inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The locked descriptor that must outlive us with the command; undefined without a lock. */
  readonly lock: number | undefined;
  readonly stopSignal: StopSignalName;
  readonly stopTimeoutMs: number;
  readonly killMarginMs: number;
  /** Hears the command's output; undefined leaves the output to the command. */
  readonly output: ((stream: "stdout" | "stderr", line: string) => void) | undefined;
}

/** A longer line of the command is told in pieces. */
const longestLine = 8 * 1024;
/** So many bytes of output are told in one go: thousands of lines, where they are short. */
const longestPiece = 4 * 1024;
/** How often it is looked whether the processes that a dead supervisor left are gone. */
const lookMs = 10;

/** Runs commands below a supervisor, which is this program once more: see supervisor.ts. */
export class SupervisedCommands implements Commands {
  readonly #options: SupervisionOptions;
  #running: Supervised | undefined;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  /** Sends the command a signal; false when none runs. */
  forward(signal: StopSignalName): boolean {
    return this.#running?.forward(signal) ?? false;
  }

  problem(): string | undefined {
    const { command, environment } = this.#options;
    const [program = ""] = command;
    const found = Bun.which(program, { PATH: environment["PATH"] ?? "" });
    return found === null ? `the command ${JSON.stringify(program)} is not there` : undefined;
  }

  start(order: Order): RunningCommand {
    try {
      this.#running = new Supervised(this.#options, order);
      return this.#running;
    } catch (error) {
      // A host without descriptors, processes or memory left.
      return neverRan(`its supervisor did not start: ${String(error)}`);
    }
  }
}

function neverRan(detail: string): RunningCommand {
  const ended = Promise.resolve({ kind: "not-started", detail } as const);
  return { ended, extend: () => undefined, stop: () => undefined };
}

class Supervised implements RunningCommand {
  readonly ended: Promise<CommandEnd>;
  readonly #options: SupervisionOptions;
  readonly #supervisor: ChildProcess;
  /** When a supervisor that hangs is killed, for one that does its work has ended before it. */
  #patience: Instant;
  #asked = false;
  #waking = new AbortController();

  constructor(options: SupervisionOptions, order: Order) {
    this.#options = options;
    const { supervisor, environment, lock, output } = options;
    const [program = "", ...parameters] = supervisor;
    const stream = output === undefined ? "inherit" : "pipe";
    this.#supervisor = spawn(program, parameters, {
      // What a terminal sends to our process group is for us alone.
      detached: true,
      env: environment,
      stdio: ["pipe", stream, stream, "pipe", ...(lock === undefined ? [] : [lock])],
    });
    // Whoever has died does not listen; that it has is told by its exit.
    this.#supervisor.stdin?.on("error", () => undefined);
    this.#passOn("stdout", this.#supervisor.stdout);
    this.#passOn("stderr", this.#supervisor.stderr);
    this.#patience = this.#before(order.until);
    this.ended = this.#follow();
    this.#say(this.#assignment(order));
  }

  extend(until: Instant): void {
    if (!this.#asked) this.#patience = this.#before(until);
    this.#say({ kind: "until", untilMs: bootTimeOf(this.#options.scheduler, until) });
  }

  /** False when it has ended. */
  forward(signal: StopSignalName): boolean {
    if (this.#supervisor.exitCode !== null || this.#supervisor.signalCode !== null) return false;
    this.#say({ kind: "forward", signal });
    return true;
  }

  stop(): void {
    if (this.#asked) return;
    this.#asked = true;
    const { scheduler, stopTimeoutMs, killMarginMs } = this.#options;
    const latest = later(scheduler.now(), stopTimeoutMs + killMarginMs);
    this.#patience = Math.min(this.#patience, latest) as Instant;
    this.#waking.abort();
    this.#say({ kind: "stop" });
  }

  /** Half of the time for dying is the supervisor's, the other half is ours. */
  #before(until: Instant): Instant {
    return later(until, -this.#options.killMarginMs / 2);
  }

  /** Kills a supervisor that hangs: what is below it becomes ours, and is swept away in time. */
  async #watch(ended: AbortSignal): Promise<void> {
    const { scheduler } = this.#options;
    while (!ended.aborted && remainingMs(scheduler, this.#patience) > 0) {
      this.#waking = new AbortController();
      const waking = AbortSignal.any([ended, this.#waking.signal]);
      await scheduler.sleep(remainingMs(scheduler, this.#patience), waking);
    }
    if (!ended.aborted) this.#supervisor.kill("SIGKILL");
  }

  #assignment({ environment, until }: Order): Assignment {
    const { command, lock, stopSignal, stopTimeoutMs, killMarginMs, scheduler } = this.#options;
    return {
      command,
      environment,
      inheritsLock: lock !== undefined,
      untilMs: bootTimeOf(scheduler, until),
      stopSignal,
      stopTimeoutMs,
      killMarginMs,
    };
  }

  /** Resolves once the supervisor is gone, and with it the last process of the command. */
  async #follow(): Promise<CommandEnd> {
    const gone = Promise.withResolvers<string>();
    this.#supervisor.on("error", (error) => gone.resolve(error.message));
    this.#supervisor.on("exit", (code, signal) => {
      gone.resolve(`its supervisor ended, with ${signal ?? `status ${code}`}`);
    });
    const reports: Report[] = [];
    const lines = new Lines(longestMessage, (line) => {
      const report = decodeMessage(line);
      if (report !== undefined) reports.push(report as Report);
    });
    const channel = this.#supervisor.stdio[3] as Readable | null | undefined;
    const drained = drain(channel, lines);
    const ended = new AbortController();
    const watching = this.#watch(ended.signal);
    const detail = await gone.promise;
    ended.abort();
    await watching;
    await drained;
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

  #say(message: Assignment | Instruction): void {
    const input: Writable | null = this.#supervisor.stdin;
    if (input?.writable === true) input.write(encodeMessage(message));
  }

  #passOn(stream: "stdout" | "stderr", readable: Readable | null): void {
    const { output } = this.#options;
    if (output === undefined || readable === null) return;
    const lines = new Lines(longestLine, (line) => output(stream, line));
    void readInPieces(readable, lines, this.#options.scheduler);
  }
}

/**
 * Reads a command's output no faster than it is told, and lets others run in between: a command
 * that floods us is slowed down, and the lease is renewed in time.
 */
async function readInPieces(stream: Readable, lines: Lines, scheduler: Scheduler): Promise<void> {
  const never = new AbortController().signal;
  try {
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < bytes.length; at += longestPiece) {
        if (at > 0) await scheduler.sleep(1, never);
        lines.push(bytes.subarray(at, at + longestPiece));
      }
    }
  } catch {
    // Whoever writes is gone.
  }
  lines.end();
}

/** Reads a stream to its end. An error ends it as well. */
async function drain(stream: Readable | null | undefined, lines: Lines): Promise<void> {
  if (stream === null || stream === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on("data", (bytes: Uint8Array) => lines.push(bytes));
  stream.on("error", () => resolve());
  stream.on("close", () => resolve());
  stream.on("end", () => resolve());
  await promise;
  lines.end();
}
