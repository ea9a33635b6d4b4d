import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { HangingDisk } from "../../integration/hanging-disk.ts";
import { binary, type LogLine, Replica } from "../../integration/replica.ts";
import type { ZooKeeperServer } from "../../integration/zookeeper-server.ts";
import { execCommand, execEnvironment, execFlags, type LeadersDuty } from "./exec-duty.ts";
import { Relay } from "./relay.ts";
import type { Pause } from "../judge/verdict.ts";

/** How many lines of its log are told when something was violated. */
const toldLines = 25;

export interface ContenderOptions {
  readonly id: string;
  readonly fileDir: string;
  readonly flags: readonly string[];
  /** A directory for what all replicas of the run keep beside their files. */
  readonly keepsake: string;
  /** What is run, where it is not the compiled binary of the project. */
  readonly program?: string | undefined;
  /** What they lead for. */
  readonly duty: LeadersDuty;
}

/** What replicas are started with, where rounds differ. */
export interface Outfit {
  /** Whether they keep their sessions' keys, and all of them in one directory or each in its own. */
  readonly stateDir: "none" | "own" | "shared";
  /** A hanging disk is as sound as any until it is told to hang. */
  readonly disk: "sound" | "hanging";
}

/** What `election release` came to. */
export interface Released {
  readonly code: number;
  readonly told: string;
}

/** One replica, through all of its processes, and its wires to the servers. */
export class Contender implements AsyncDisposable {
  readonly id: string;
  /** When it was stopped by SIGSTOP. */
  readonly pauses: Pause[] = [];
  /** What it did that it should not have done, as sentences. */
  readonly problems: string[] = [];
  readonly #options: ContenderOptions;
  readonly #relays: readonly Relay[];
  readonly #earlierLines: LogLine[] = [];
  #outfit: Outfit = { stateDir: "none", disk: "sound" };
  #disk: HangingDisk | undefined;
  #replica: Replica;
  #mayExit = false;

  private constructor(options: ContenderOptions, relays: readonly Relay[]) {
    this.id = options.id;
    this.#options = options;
    this.#relays = relays;
    this.#replica = this.#start();
  }

  /** Starts it, connected to the servers by wires that can break. */
  static async start(
    options: ContenderOptions,
    servers: readonly ZooKeeperServer[],
  ): Promise<Contender> {
    const relays = await Promise.all(servers.map(({ address }) => Relay.open(address)));
    return new Contender(options, relays);
  }

  /** The index of the server that it is connected to; undefined while there is none. */
  get server(): number | undefined {
    const index = this.#relays.findIndex(({ isUsed }) => isUsed);
    return index === -1 ? undefined : index;
  }

  /** Its running process. */
  get pid(): number {
    return this.#replica.pid;
  }

  /** Ends it by a signal. Resolves with its exit code. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    this.#mayExit = true;
    this.#replica.kill(signal);
    // Whoever restarts it does not wait for what a killed one has left behind.
    const code = await (signal === "SIGKILL" ? this.#replica.died : this.#replica.exited);
    this.#closePause();
    if (signal === "SIGTERM" && code !== 0) {
      this.problems.push(`${this.id} exited with ${code} after SIGTERM`);
    }
    return code;
  }

  /** Starts a new process after the one that ended. */
  restart(): void {
    this.#earlierLines.push(...this.#replica.lines.slice(-toldLines));
    this.#mayExit = false;
    this.#replica = this.#start();
  }

  /** From the next start on. */
  wear(outfit: Outfit): void {
    this.#outfit = outfit;
    if (outfit.disk === "hanging" && this.#disk === undefined) {
      const directory = join(this.#options.keepsake, "disks", this.id);
      mkdirSync(directory, { recursive: true });
      this.#disk = new HangingDisk(directory);
    }
  }

  /** Asks it to give leadership up, if it leads. */
  stepDown(): void {
    this.#replica.kill("SIGUSR1");
  }

  pause(): void {
    this.#replica.kill("SIGSTOP");
    this.#openPause();
  }

  resume(): void {
    this.#closePause();
    this.#replica.kill("SIGCONT");
  }

  /** Its disk holds the next file at one of its last two steps. False when none comes in time. */
  async holdFile(step: "flushes" | "renames", limitMs: number): Promise<boolean> {
    this.#disk?.hang(step);
    const deadline = performance.now() + limitMs;
    while (this.#disk?.holds(step) !== true) {
      if (performance.now() > deadline) return false;
      await Bun.sleep(1);
    }
    // Before a rename comes a look at the lease, so a flush that is held excuses nothing.
    if (step === "renames") this.#openPause();
    return true;
  }

  letFileGo(): void {
    this.#closePause();
    this.#disk?.release();
  }

  /** Its disk holds whatever it wants to remove. */
  holdRemovals(): void {
    this.#disk?.hang("removals");
  }

  letRemovalsGo(): void {
    this.#disk?.release();
  }

  /** What its process has logged since it was started. */
  get lines(): readonly LogLine[] {
    return this.#replica.lines;
  }

  /** Runs `election release` on its state directory. */
  async release(): Promise<Released> {
    const command = [this.#options.program ?? binary, "release", `--zk-servers=${this.#servers}`];
    const child = Bun.spawn([...command, ...this.#options.flags, ...this.#stateFlags], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { PATH: process.env["PATH"] ?? "" },
    });
    const [told, code] = await Promise.all([child.stderr.text(), child.exited]);
    return { code, told };
  }

  /** Where it keeps its session's key; undefined where it does not. */
  get stateDir(): string | undefined {
    const { stateDir } = this.#outfit;
    if (stateDir === "none") return undefined;
    return join(this.#options.keepsake, "state", stateDir === "own" ? this.id : stateDir);
  }

  silence(): void {
    for (const relay of this.#relays) relay.silence();
  }

  restore(): void {
    for (const relay of this.#relays) relay.restore();
  }

  reset(): void {
    for (const relay of this.#relays) relay.reset();
  }

  /** The last lines of its log, also of the process before. */
  get lastLines(): readonly LogLine[] {
    return [...this.#earlierLines, ...this.#replica.lines].slice(-toldLines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mayExit = true;
    await this.#replica[Symbol.asyncDispose]();
    await Promise.all(this.#relays.map((relay) => relay[Symbol.asyncDispose]()));
  }

  get #servers(): string {
    return this.#relays.map(({ address }) => address).join(",");
  }

  get #stateFlags(): readonly string[] {
    return this.stateDir === undefined ? [] : [`--state-dir=${this.stateDir}`];
  }

  #openPause(): void {
    if (this.pauses.at(-1)?.to === Number.POSITIVE_INFINITY) return;
    this.pauses.push({ replica: this.id, from: performance.now(), to: Number.POSITIVE_INFINITY });
  }

  #closePause(): void {
    const pause = this.pauses.at(-1);
    if (pause?.to !== Number.POSITIVE_INFINITY) return;
    this.pauses.splice(-1, 1, { ...pause, to: performance.now() });
  }

  #start(): Replica {
    const { id, fileDir, flags, program, duty, keepsake } = this.#options;
    const disk = this.#outfit.disk === "hanging" ? (this.#disk?.environment ?? {}) : {};
    const isExec = duty === "exec";
    const replica = new Replica({
      id,
      fileDir,
      servers: this.#servers,
      flags: [...flags, ...(isExec ? execFlags : []), ...this.#stateFlags],
      environment: isExec ? execEnvironment(id, fileDir, keepsake) : disk,
      ...(isExec ? { command: execCommand } : {}),
      ...(program === undefined ? {} : { program }),
    });
    void replica.died.then((code) => {
      if (!this.#mayExit) this.problems.push(`${this.id} exited with ${code}, though nobody asked`);
    });
    return replica;
  }
}
