import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseFileName } from "../../src/files/file-name.ts";
import { CandidateProcess } from "./candidate-process.ts";
import type { Contender } from "./contender.ts";
import { type Effect, EffectLog } from "./effect-log.ts";
import { type Grounds, sessionMs } from "./grounds.ts";

/** How long whoever was asked to end is given before it is killed. */
const endingLimitMs = 8_000;
/** What systemd waits with RestartSec=100ms. */
const restartAfterMs = 100;
const lookEveryMs = 20;
/** Nothing that is waited for takes longer on a sound machine. */
export const limitMs = 60_000;

export interface ServiceOptions {
  /** Between two files of the leader. */
  readonly intervalMs: number;
  /** Whether the daemon's candidates keep their sessions' keys. */
  readonly stateDir?: boolean;
  /** The addresses that a candidate finds the servers at, where it is not theirs. */
  readonly serversFor?: (name: string) => Promise<string>;
}

/** The candidates of one contender that compete with each other, and what their leaders do. */
export class Service implements AsyncDisposable {
  readonly contender: Contender;
  readonly path: string;
  readonly effects: EffectLog;
  readonly #grounds: Grounds;
  readonly #options: ServiceOptions;
  readonly #directory: string;
  readonly #stateDir: string | undefined;
  readonly #processes = new Map<string, CandidateProcess>();
  readonly #sizes = new Map<string, number>();
  #started = 0;
  #closed = false;

  constructor(grounds: Grounds, contender: Contender, label: string, options: ServiceOptions) {
    const name = `${label}-${contender.name}`;
    this.contender = contender;
    this.path = `/${name}`;
    this.#grounds = grounds;
    this.#options = options;
    this.#directory = grounds.stage.directory(name);
    this.#stateDir = options.stateDir ? grounds.stage.directory(`${name}-state`) : undefined;
    this.effects = new EffectLog(this.#directory);
  }

  get processes(): readonly CandidateProcess[] {
    return [...this.#processes.values()];
  }

  /** Starts a process of one candidate, or of a crowd of them. */
  async join(size = 1): Promise<CandidateProcess> {
    this.#started += 1;
    const name = `c${this.#started}`;
    const servers = (await this.#options.serversFor?.(name)) ?? this.#servers;
    const command = this.contender.command({
      servers,
      path: this.path,
      directory: this.#directory,
      name,
      intervalMs: this.#options.intervalMs,
      sessionMs,
      size,
      stateDir: this.#stateDir,
    });
    const logPath = join(this.#grounds.stage.logs, `${this.path.slice(1)}-${name}.log`);
    const candidate = new CandidateProcess(name, command, logPath);
    this.#processes.set(name, candidate);
    this.#sizes.set(name, size);
    void candidate.exited.then(() => this.#supervise(candidate));
    return candidate;
  }

  /** Has `size` more candidates stand in line, processes of one candidate each, behind `before`. */
  async joinAll(size: number, before = 0): Promise<void> {
    for (let index = 1; index <= size; index += 1) {
      await this.join();
      await this.untilStanding(before + index);
    }
    if (size > 0) await this.untilLed();
  }

  /** Starts `size` candidates in as few processes as there can be of this contender. */
  async joinCrowd(size: number): Promise<void> {
    const { perProcess } = this.contender;
    for (let left = size; left > 0; left -= perProcess) await this.join(Math.min(left, perProcess));
  }

  /** Waits until there is a leader; its first effect may be past. */
  async untilLed(): Promise<void> {
    if (this.effects.latest === undefined) await this.effects.next(() => true, limitMs);
  }

  /** Waits until `size` candidates stand in line, the leader among them. */
  async untilStanding(size: number, withinMs = limitMs): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = await this.#standing().catch(() => undefined);
      if (found === size) return;
      if (performance.now() > deadline) {
        const told = this.processes.map(({ complaints }) => complaints).join("");
        throw new Error(`${this.path}: ${found} of ${size} stand in line\n${told.slice(-2_000)}`);
      }
      await Bun.sleep(lookEveryMs);
    }
  }

  /** The latest effect, and the process whose effect it is. */
  get leader(): { readonly effect: Effect; readonly process: CandidateProcess } {
    const effect = this.effects.latest;
    const name = effect?.candidate ?? "";
    const found = this.#processes.get(name) ?? this.#processes.get(name.replace(/-\d+$/u, ""));
    if (effect === undefined || found === undefined) {
      throw new Error(`${this.path}: ${name || "nobody"} leads, and is no process of ours`);
    }
    return { effect, process: found };
  }

  /** How many files of a leadership lack their final name. */
  unfinished(term: bigint): number {
    const names = readdirSync(this.#directory).map(parseFileName);
    return names.filter((name) => name.kind === "temporary" && name.epoch === term).length;
  }

  /** Ends a process, which nobody starts anew. */
  strike(candidate: CandidateProcess, signal: NodeJS.Signals): void {
    this.#processes.delete(candidate.name);
    candidate.kill(signal);
  }

  /** Another process instead of this one, at the end of the line. */
  async replace(candidate: CandidateProcess): Promise<void> {
    await this.end([candidate]);
    await this.join();
  }

  /** Asks processes to end, and kills those that take too long. */
  async end(candidates: readonly CandidateProcess[]): Promise<void> {
    for (const candidate of candidates) this.strike(candidate, "SIGTERM");
    await this.gone(candidates);
  }

  /** Waits until processes that were asked to end have. Asked twice, they would end in disorder. */
  async gone(candidates: readonly CandidateProcess[]): Promise<void> {
    const all = Promise.all(candidates.map(({ exited }) => exited));
    await Promise.race([all, Bun.sleep(endingLimitMs)]);
    // A group may outlive its first process.
    for (const candidate of candidates) candidate.kill("SIGKILL");
    await all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.end(this.processes);
    this.effects[Symbol.dispose]();
  }

  get #servers(): string {
    const addresses = this.#grounds.serversOf(this.contender);
    return addresses.map(({ host, port }) => `${host}:${port}`).join(",");
  }

  async #supervise(candidate: CandidateProcess): Promise<void> {
    if (this.#processes.get(candidate.name) !== candidate) return;
    this.#processes.delete(candidate.name);
    // Whatever its first process has left behind goes, as under a service manager.
    candidate.kill("SIGKILL");
    await Bun.sleep(restartAfterMs);
    if (!this.#closed) await this.join(this.#sizes.get(candidate.name));
  }

  async #standing(): Promise<number> {
    const { line } = this.contender;
    if (line.kind === "children")
      return await this.#grounds.probe.childrenOf(this.path + line.below);
    if (line.kind === "etcd") return (await this.#grounds.etcd?.keysBelow(this.path)) ?? 0;
    return this.processes.reduce((sum, { name, readiness }) => {
      return sum + Math.min(readiness, this.#sizes.get(name) ?? 1);
    }, 0);
  }
}
