import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import type { Assignment } from "../../../src/exec/supervisor/messages.ts";
import type { Invariant } from "./referee.ts";
import type { SimulatedClock } from "../world/simulated-clock.ts";

/** A command from its start to the death of its last process. */
export interface CommandWatch {
  /** Its machine sleeps, and it with it. */
  freeze(): void;
  thaw(): void;
  over(): void;
}

/** On whose behalf a command runs, and by which clock. */
export interface CommandHolder {
  readonly name: string;
  readonly clock: SimulatedClock;
}

interface Living {
  readonly holder: CommandHolder;
  readonly epoch: Epoch;
  /** The end of the lease when it was started: as it was named to it, and in host time. */
  readonly namedUptimeMs: number;
  readonly untilMs: number;
  readonly isGuarded: () => boolean;
  /** Nothing is promised for one whose daemon and supervisor did not run at some instant. */
  wasUnguarded: boolean;
  isFrozen: boolean;
  /** Its machine slept past the end of its lease: until this host time it may still live. */
  spared: number;
}

/** What a supervisor needs after a suspend: its longest sleep, a look, and the processes' dying. */
const afterSuspendMs = 300;
/** Two ways to reckon one moment differ by less. */
const roundingMs = 1e-3;

/** Watches over commands as Referee does over files. */
export class CommandReferee {
  started = 0;
  readonly blame: (invariant: Invariant, detail: string) => void;
  readonly #trustsClocks: boolean;
  readonly #living = new Set<Living>();
  /** By replica: the end of its lease in its machine's host time. */
  readonly #leaseEnds = new Map<string, number>();
  #highest: { readonly epoch: Epoch; readonly name: string } | undefined;

  constructor(blame: (invariant: Invariant, detail: string) => void, trustsClocks: boolean) {
    this.blame = blame;
    this.#trustsClocks = trustsClocks;
  }

  /** A replica has a lease until then, which is not taken back. */
  leased(name: string, untilMs: number, clock: { readonly suspendedMs: number }): void {
    this.#leaseEnds.set(name, untilMs + clock.suspendedMs);
  }

  /** How many commands live. */
  get living(): number {
    return this.#living.size;
  }

  /** Whether a command lives that a replica has started, in any of its lives. */
  runsOn(host: string): boolean {
    return [...this.#living].some(({ holder }) => holder.name.startsWith(`${host}.`));
  }

  forgetEpochs(): void {
    this.#highest = undefined;
  }

  starts(holder: CommandHolder, assignment: Assignment, isGuarded: () => boolean): CommandWatch {
    const epoch = BigInt(assignment.environment["ELECTION_EPOCH"] ?? "0") as Epoch;
    this.started += 1;
    this.#expectAlone(holder, epoch);
    this.#inOrder(holder.name, epoch);
    const spared = Number.NEGATIVE_INFINITY;
    const living = {
      holder,
      epoch,
      namedUptimeMs: Number(assignment.environment["ELECTION_LEASE_UNTIL"] ?? "0") * 1_000,
      untilMs: assignment.untilMs,
      isGuarded,
      wasUnguarded: false,
      isFrozen: false,
      spared,
    };
    this.#living.add(living);
    return {
      freeze: () => {
        living.isFrozen = true;
      },
      thaw: () => {
        living.isFrozen = false;
        living.spared = holder.clock.hostTimeMs + afterSuspendMs;
      },
      over: () => this.#living.delete(living),
    };
  }

  /** Leadership is said to be released by a change after `epoch`: the next one starts at once. */
  released(epoch: Epoch): void {
    for (const each of this.#living) {
      if (each.epoch >= epoch || !this.#binds(each)) continue;
      this.blame("released-early", `${each.holder.name} is released, and its command lives`);
    }
  }

  step(): void {
    for (const each of this.#living) {
      if (each.isFrozen) continue;
      if (!each.isGuarded()) each.wasUnguarded = true;
      if (each.wasUnguarded) continue;
      const { name, clock } = each.holder;
      this.#expectNamedInTime(each);
      const lateMs = clock.hostTimeMs - (this.#leaseEnds.get(name) ?? 0) - roundingMs;
      if (lateMs < 0 || clock.hostTimeMs < each.spared) continue;
      this.blame("outlives-lease", `${name}: its command lives ${lateMs.toFixed(1)} ms too long`);
    }
  }

  /** The uptime that a command is told comes at the end of its lease at the latest. */
  #expectNamedInTime({ holder: { name, clock }, untilMs, namedUptimeMs }: Living): void {
    if (clock.hostTimeMs < untilMs || clock.uptimeMs >= namedUptimeMs - roundingMs) return;
    const lateMs = (namedUptimeMs - clock.uptimeMs).toFixed(1);
    this.blame("named-late", `${name}: its command was told an end ${lateMs} ms after the lease's`);
  }

  #expectAlone({ name }: CommandHolder, epoch: Epoch): void {
    for (const each of this.#living) {
      if (!this.#binds(each)) continue;
      const other = `that of ${each.holder.name}`;
      this.blame("two-commands", `${name} (${epoch}) starts one while ${other} lives`);
    }
  }

  /** Whether what is promised to others holds for a command that lives. */
  #binds({ holder, wasUnguarded, isFrozen, spared }: Living): boolean {
    return this.#trustsClocks && !wasUnguarded && !isFrozen && holder.clock.hostTimeMs >= spared;
  }

  #inOrder(name: string, epoch: Epoch): void {
    const highest = this.#highest;
    this.#highest = { epoch, name };
    if (highest === undefined || !this.#trustsClocks) return;
    if (epoch > highest.epoch || (epoch === highest.epoch && name === highest.name)) return;
    const before = `${highest.name} has with ${highest.epoch}`;
    this.blame("epoch-order", `${name} starts a command with epoch ${epoch} after ${before}`);
  }
}
