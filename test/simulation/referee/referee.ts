import type { Epoch, Leadership } from "../../../src/election/ports/coordinator.ts";
import type { Instant } from "../../../src/base/scheduler.ts";
import { transitions } from "../../../src/election/transitions.ts";
import type { ElectionEvent } from "../../../src/election/ports/observer.ts";
import { parseFileName } from "../../../src/files/file-name.ts";
import { CommandReferee } from "./command-referee.ts";
import { RepairReferee } from "./repair-referee.ts";
import type { SimulatedDirectory, StoredFile } from "../world/simulated-directory.ts";
import type { SimulatedScheduler } from "../world/simulated-scheduler.ts";

/** What must never happen. `overlap` and `epoch-order` rest on the clocks; the others do not. */
export type Invariant =
  | "overlap"
  | "epoch-order"
  | "outside-lease"
  | "revived"
  | "released-early"
  | "owner"
  | "displaced"
  | "pruned-higher"
  | "below-fence"
  | "led-below-fence"
  | "partial-file"
  | "lost-file"
  | "capacity"
  | "stranger"
  | "edge"
  | "crash"
  | "leak"
  | "no-leader"
  | "pace"
  | "gave-up"
  | "hand-over"
  | "line"
  | "rest"
  | "lock"
  | "two-commands"
  | "outlives-lease"
  | "named-late"
  | "no-command"
  | "stuck";

export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly detail: string;
}

/** A leadership that a replica was handed, and has neither released nor died with. */
interface Holding {
  readonly replica: string;
  readonly leadership: Leadership;
  readonly scheduler: SimulatedScheduler;
  readonly suspendedMs: number;
  /** It was asked to resign, or its session was given up: it may not act from then on. */
  isOver: boolean;
  /** The end of the lease as the replica told it last. */
  validUntil: Instant;
}

export interface RefereeOptions {
  readonly trustsClocks: boolean;
  /** When the faults are over, and all that follows from them. */
  readonly recoveredAtMs: number;
}

/** What a directory was like when somebody last published into it. */
interface LastPublish {
  readonly replica: string;
  readonly epoch: Epoch;
  readonly ailments: number;
  /** What had room then, and when somebody published before that. */
  readonly capacities: readonly number[];
}

/** Two readings of the suspended time may differ by this much. Source: scheduler.ts */
const suspendToleranceMs = 50;

/**
 * Watches from outside, with an eye on everything and a hand on nothing. It judges by what the
 * promises say, not by what the code believes: the lease is reckoned anew from the clocks.
 */
export class Referee {
  readonly violations: Violation[] = [];
  /** Whether the clocks keep what is assumed of them. */
  readonly trustsClocks: boolean;
  readonly commands: CommandReferee;
  readonly #now: () => number;
  readonly #holdings = new Map<string, Holding>();
  readonly repairs: RepairReferee;
  /** How many files each replica is to keep. */
  readonly #capacities = new Map<string, number>();
  readonly #lastPublishes = new Map<SimulatedDirectory, LastPublish>();
  #highest: { readonly epoch: Epoch; readonly replica: string } | undefined;

  constructor(now: () => number, options: RefereeOptions) {
    this.#now = now;
    this.trustsClocks = options.trustsClocks;
    this.commands = new CommandReferee(
      (invariant, detail) => this.blame(invariant, detail),
      options.trustsClocks,
    );
    this.repairs = new RepairReferee(
      (invariant, detail) => this.blame(invariant, detail),
      () => now() > options.recoveredAtMs,
    );
  }

  /** What a replica goes by from now on. */
  configured(
    replica: string,
    config: { readonly storageCapacity: number; readonly failoverAttemptsCount: number },
    directory: SimulatedDirectory,
  ): void {
    this.#capacities.set(replica, config.storageCapacity);
    this.repairs.configured(replica, config.failoverAttemptsCount, directory);
  }

  blame(invariant: Invariant, detail: string): void {
    this.violations.push({ invariant, atMs: this.#now(), detail });
  }

  elected(replica: string, leadership: Leadership, scheduler: SimulatedScheduler): void {
    const suspendedMs = scheduler.suspendedMs();
    const { validUntil } = leadership;
    const holding = { replica, leadership, scheduler, suspendedMs, isOver: false, validUntil };
    this.#holdings.set(replica, holding);
    this.commands.leased(replica, validUntil, scheduler.clock);
  }

  /** @param effects how many effects of it are still under way */
  resigns(replica: string, effects: number): void {
    if (effects > 0) this.blame("released-early", `${replica}: ${effects} effects still run`);
    this.abandons(replica);
  }

  /** What a leadership rested on is given up, whether or not it has ended in order. */
  abandons(replica: string): void {
    const holding = this.#holdings.get(replica);
    if (holding !== undefined) holding.isOver = true;
  }

  /** The process is gone, or its leadership over. */
  forget(replica: string): void {
    this.#holdings.delete(replica);
  }

  /** The ensemble lost its memory: epochs start anew, and only the fences know of the old ones. */
  forgetEpochs(): void {
    this.#highest = undefined;
    this.commands.forgetEpochs();
  }

  /** At most one replica acts at any instant: asked after every step of the world. */
  step(): void {
    this.commands.step();
    for (const { replica, leadership, isOver } of this.#holdings.values()) {
      if (!isOver || !leadership.mayAct()) continue;
      this.blame("outside-lease", `${replica} may act, though its leadership was given up`);
    }
    if (!this.trustsClocks || this.#holdings.size < 2) return;
    const acting = [...this.#holdings.values()].filter(mayAct);
    if (acting.length < 2) return;
    // The reckoning above is generous; a violation is one when the replicas say so themselves.
    const sure = acting.filter(({ leadership }) => leadership.mayAct());
    if (sure.length < 2) return;
    const who = sure.map(({ replica, leadership }) => `${replica} (epoch ${leadership.epoch})`);
    this.blame("overlap", `${who.join(" and ")} may act at the same instant`);
  }

  /** A replica starts an effect as leader. */
  starts(
    replica: string,
    directory: SimulatedDirectory,
    step: "publish" | "remove",
    name: string,
    begunMs: number,
  ): void {
    const file = parseFileName(name);
    if (file.kind === "foreign") this.blame("stranger", `${replica}: ${step} ${name}`);
    if (file.kind !== "final") return;
    const holding = this.#holdings.get(replica);
    if (holding === undefined || !mayAct(holding)) {
      return this.blame("outside-lease", `${replica}: ${step} ${name} without a lease`);
    }
    const { epoch } = holding.leadership;
    this.#inOrder(replica, epoch);
    if (step !== "publish") return;
    if (file.epoch !== epoch) this.blame("epoch-order", `${replica}: ${name} under ${epoch}`);
    this.#checkCapacity(replica, epoch, directory);
    const { highest } = directory;
    if (highest !== undefined && highest.epoch > epoch && highest.sinceMs < begunMs) {
      this.blame("below-fence", `${replica} publishes ${name}, below epoch ${highest.epoch}`);
    }
  }

  /** Before a leader publishes again, it has pruned what the last file made too many. */
  #checkCapacity(replica: string, epoch: Epoch, directory: SimulatedDirectory): void {
    const last = this.#lastPublishes.get(directory);
    if (last?.replica !== replica || last.epoch !== epoch) return;
    if (last.ailments !== directory.ailments) return;
    const count = [...directory.files.keys()].filter(
      (name) => parseFileName(name).kind === "final",
    ).length;
    // A file that was begun before the configuration changed is published, and pruned for, as then.
    const capacity = Math.max(...last.capacities, this.#capacities.get(replica) ?? 0);
    if (count > capacity) {
      this.blame("capacity", `${replica} left ${count} files where ${capacity} have room`);
    }
  }

  lands(
    replica: string,
    epoch: Epoch | undefined,
    directory: SimulatedDirectory,
    step: "publish" | "remove",
    name: string,
    displaced: StoredFile | undefined,
  ): void {
    const file = parseFileName(name);
    if (file.kind !== "final") return;
    if (step === "publish") {
      if (displaced !== undefined) this.blame("displaced", `${replica}: ${name} was there already`);
      const stored = directory.files.get(name);
      if (stored !== undefined && !isWhole(stored)) this.blame("partial-file", name);
      if (directory.highest === undefined || file.epoch > directory.highest.epoch) {
        directory.highest = { epoch: file.epoch, sinceMs: this.#now() };
      }
      const { ailments } = directory;
      const [before] = this.#lastPublishes.get(directory)?.capacities ?? [];
      const capacities = [this.#capacities.get(replica) ?? 0, before ?? 0];
      this.#lastPublishes.set(directory, { replica, epoch: file.epoch, ailments, capacities });
    } else if (epoch !== undefined && file.epoch > epoch) {
      this.blame("pruned-higher", `${replica} of epoch ${epoch} removed ${name}`);
    }
  }

  /** Whatever happened to a disk, what was told as written is there, and no name shows a part. */
  looksAround(where: string, directory: SimulatedDirectory): void {
    const { told, files } = directory;
    if (told !== undefined && !files.has(told)) this.blame("lost-file", `${where}: ${told}`);
    for (const [name, file] of files) {
      if (parseFileName(name).kind === "final" && !isWhole(file)) this.blame("partial-file", name);
    }
  }

  /** @param localNow what the replica's own monotonic clock says */
  observed(replica: string, event: ElectionEvent, localNow: Instant): void {
    this.repairs.observed(replica, event);
    if (event.kind === "lease") this.#renewed(replica, event.validUntil, localNow);
    if (event.kind !== "transition") return;
    const allowed: readonly string[] = transitions[event.from];
    if (!allowed.includes(event.to)) {
      this.blame("edge", `${replica}: ${event.from} to ${event.to}`);
    }
  }

  /** A lease goes on from before its end, or not at all: once over it stays over. */
  #renewed(replica: string, validUntil: Instant, localNow: Instant): void {
    const holding = this.#holdings.get(replica);
    // A new leadership of the same replica tells its lease before it is handed out.
    if (holding === undefined || holding.leadership.lost.failure !== undefined) return;
    if (holding.isOver || holding.leadership.validUntil !== validUntil) return;
    if (localNow >= holding.validUntil) {
      const lateMs = (localNow - holding.validUntil).toFixed(3);
      this.blame("revived", `${replica}: a lease was renewed ${lateMs} ms after its end`);
    }
    holding.validUntil = validUntil;
    this.commands.leased(replica, validUntil, holding.scheduler.clock);
  }

  #inOrder(replica: string, epoch: Epoch): void {
    const highest = this.#highest;
    if (highest !== undefined && this.trustsClocks) {
      const later = epoch > highest.epoch;
      const same = epoch === highest.epoch && replica === highest.replica;
      if (!later && !same) {
        const before = `${highest.replica} has acted with ${highest.epoch}`;
        this.blame("epoch-order", `${replica} acts with epoch ${epoch} after ${before}`);
      }
    }
    if (highest === undefined || epoch >= highest.epoch) this.#highest = { epoch, replica };
  }
}

/** What the holder may do by its own clocks, reckoned without touching its own record of it. */
function mayAct({ leadership, scheduler, suspendedMs, isOver }: Holding): boolean {
  if (isOver || leadership.lost.failure !== undefined) return false;
  if (scheduler.suspendedMs() - suspendedMs > suspendToleranceMs) return false;
  return scheduler.now() < leadership.validUntil;
}

/** Whether a file under a final name holds a whole record. */
export function isWhole({ content }: StoredFile): boolean {
  if (!content.endsWith("\n")) return false;
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}
