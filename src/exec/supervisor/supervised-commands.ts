import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { Scheduler } from "../../base/scheduler.ts";
import type { Commands, Order, RunningCommand } from "../commands.ts";
import { settingsOf, supervisorEnvironment } from "./few-threads.ts";
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
import { Supervised, type SupervisedOptions, type SupervisorProcess } from "./supervised.ts";

interface SupervisionOptions extends Omit<SupervisedOptions, "inheritsLock"> {
  /** The command line that starts a supervisor: this very program. */
  readonly supervisor: readonly string[];
  /** What supervisor and command inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The locked descriptor that must outlive us with the command; undefined without a lock. */
  readonly lock: number | undefined;
  /** Hears the command's output; undefined leaves the output to the command. */
  readonly output: ((stream: "stdout" | "stderr", line: string) => void) | undefined;
}

/** A longer line of the command is told in pieces. */
const longestLine = 8 * 1024;
/** The bytes of output that are told in one go: thousands of lines, where they are short. */
const longestPiece = 4 * 1024;

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
    return found === null ? `the command ${JSON.stringify(program)} ${lackOf(program)}` : undefined;
  }

  start(order: Order): RunningCommand {
    try {
      const inheritsLock = this.#options.lock !== undefined;
      const supervisor = new SpawnedSupervisor(this.#options);
      const environment = { ...settingsOf(this.#options.environment), ...order.environment };
      const given = { ...order, environment };
      this.#running = new Supervised({ ...this.#options, inheritsLock }, supervisor, given);
      return this.#running;
    } catch (error) {
      // A host without descriptors, processes or memory left.
      return neverRan(`its supervisor did not start: ${String(error)}`);
    }
  }
}

/** Why a program that was not found cannot be run. */
function lackOf(program: string): string {
  if (!program.includes("/")) return "is in no directory of PATH";
  try {
    return statSync(program).isFile() ? "may not be executed; chmod +x" : "is not a program";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" || code === "ENOTDIR") return "is not there";
    return `cannot be reached (${code})`;
  }
}

function neverRan(detail: string): RunningCommand {
  const ended = Promise.resolve({ kind: "not-started", detail } as const);
  return { ended, extend: () => undefined, stop: () => undefined };
}

class SpawnedSupervisor implements SupervisorProcess {
  readonly gone: Promise<string>;
  readonly reports: Promise<readonly Report[]>;
  readonly #options: SupervisionOptions;
  readonly #supervisor: ChildProcess;

  /** Throws what spawn(2) throws. */
  constructor(options: SupervisionOptions) {
    this.#options = options;
    const { supervisor, environment, lock, output } = options;
    const [program = "", ...parameters] = supervisor;
    const stream = output === undefined ? "inherit" : "pipe";
    this.#supervisor = spawn(program, parameters, {
      // What a terminal sends to our process group is for us alone.
      detached: true,
      env: supervisorEnvironment(environment),
      stdio: ["pipe", stream, stream, "pipe", ...(lock === undefined ? [] : [lock])],
    });
    // A supervisor that has died does not listen; its exit tells that it has.
    this.#supervisor.stdin?.on("error", () => undefined);
    this.#passOn("stdout", this.#supervisor.stdout);
    this.#passOn("stderr", this.#supervisor.stderr);
    const gone = Promise.withResolvers<string>();
    this.gone = gone.promise;
    this.#supervisor.on("error", (error) => gone.resolve(error.message));
    this.#supervisor.on("exit", (code, signal) => {
      gone.resolve(`its supervisor ended, with ${signal ?? `status ${code}`}`);
    });
    this.reports = readReports(this.#supervisor.stdio[3] as Readable | null | undefined);
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  kill(): void {
    this.#supervisor.kill("SIGKILL");
  }

  say(message: Assignment | Instruction): void {
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
    // The writer is gone.
  }
  lines.end();
}

async function readReports(channel: Readable | null | undefined): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const lines = new Lines(longestMessage, (line) => {
    const report = decodeMessage(line);
    if (report !== undefined) reports.push(report as Report);
  });
  await drain(channel, lines);
  return reports;
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
