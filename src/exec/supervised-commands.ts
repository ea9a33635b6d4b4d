import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Instant, Scheduler } from "../election/scheduler.ts";
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
/** How often it is looked whether the processes that a dead supervisor left are gone. */
const lookMs = 10;

/** Runs commands below a supervisor, which is this program once more: see supervisor.ts. */
export class SupervisedCommands implements Commands {
  readonly #options: SupervisionOptions;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  problem(): string | undefined {
    const { command, environment } = this.#options;
    const [program = ""] = command;
    const found = Bun.which(program, { PATH: environment["PATH"] ?? "" });
    return found === null ? `the command ${JSON.stringify(program)} is not there` : undefined;
  }

  start(order: Order): RunningCommand {
    return new Supervised(this.#options, order);
  }
}

class Supervised implements RunningCommand {
  readonly ended: Promise<CommandEnd>;
  readonly #options: SupervisionOptions;
  readonly #supervisor: ChildProcess;

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
    this.ended = this.#follow();
    this.#say(this.#assignment(order));
  }

  extend(until: Instant): void {
    this.#say({ kind: "until", untilMs: bootTimeOf(this.#options.scheduler, until) });
  }

  stop(): void {
    this.#say({ kind: "stop" });
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
    const detail = await gone.promise;
    await drained;
    const last = reports.findLast((report) => report.kind === "ended");
    if (last !== undefined) return last.end;
    await this.#sweep();
    return { kind: "unsupervised", detail };
  }

  /** Kills what a dead supervisor left behind: as its parent we have inherited it. */
  async #sweep(): Promise<void> {
    const { processes, scheduler } = this.#options;
    const never = new AbortController().signal;
    for (let living = processes.living(); living.length > 0; living = processes.living()) {
      processes.signal(living, "SIGKILL");
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
    void drain(readable, new Lines(longestLine, (line) => output(stream, line)));
  }
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
