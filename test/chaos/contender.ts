import { type LogLine, Replica } from "../integration/replica.ts";
import type { ZooKeeperServer } from "../integration/zookeeper-server.ts";
import { Relay } from "./relay.ts";
import type { Pause } from "./verdict.ts";

/** How many lines of its log are told when something was violated. */
const toldLines = 25;

export interface ContenderOptions {
  readonly id: string;
  readonly fileDir: string;
  readonly flags: readonly string[];
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
    return await this.#replica.exited;
  }

  /** Starts a new process after the one that ended. */
  restart(): void {
    this.#earlierLines.push(...this.#replica.lines.slice(-toldLines));
    this.#mayExit = false;
    this.#replica = this.#start();
  }

  /** Asks it to give leadership up, if it leads. */
  stepDown(): void {
    this.#replica.kill("SIGUSR1");
  }

  pause(): void {
    this.#replica.kill("SIGSTOP");
    this.pauses.push({ replica: this.id, from: performance.now(), to: Number.POSITIVE_INFINITY });
  }

  resume(): void {
    const pause = this.pauses.pop();
    if (pause !== undefined) this.pauses.push({ ...pause, to: performance.now() });
    this.#replica.kill("SIGCONT");
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

  #start(): Replica {
    const servers = this.#relays.map(({ address }) => address).join(",");
    const replica = new Replica({ ...this.#options, servers });
    void replica.exited.then((code) => {
      if (!this.#mayExit) this.problems.push(`${this.id} exited with ${code}, though nobody asked`);
    });
    return replica;
  }
}
