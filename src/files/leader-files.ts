import type { Epoch, ReplicaId } from "../election/ports/coordinator.ts";
import type { Duty, DutyEnd, Mandate, Proof } from "../election/ports/duty.ts";
import type { Failure } from "../election/failure.ts";
import type { Observer } from "../election/ports/observer.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../base/scheduler.ts";
import { aborted, Scope } from "../base/scope.ts";
import { failureOf, fencedBy, hangingFailure } from "./directory-failure.ts";
import { discard, proveDirectory } from "./directory-proof.ts";
import type { Disk } from "../disk/disk.ts";
import { finalName, temporaryName } from "./file-name.ts";
import { type Inventory, takeInventory } from "./inventory.ts";
import { prune } from "./pruning.ts";

interface LeaderFilesOptions {
  readonly disk: Disk;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly replica: ReplicaId;
  readonly host: string;
  /** The name of our service, which stands in every file. */
  readonly service: string;
  /** Read at each use: they may change. */
  readonly limits: LeaderLimits;
  /** Aborted at the next change of the limits; undefined where they never change. */
  readonly limitsChanged?: (() => AbortSignal) | undefined;
}

interface LeaderLimits {
  /** The pace: the milliseconds between two files; the first comes at once. */
  readonly leaderTimeoutMs: number;
  /** How many files are kept, at least 1. */
  readonly storageCapacity: number;
}

/**
 * The leader's duty: a numbered file every leader-timeout, and no more than `storage-capacity` of
 * them. A file is written under a temporary name, flushed, and renamed.
 *
 * - I1. A final name never shows a partial file.
 * - I2. No file is renamed or pruned unless the lease holds right before. A rename that lands late
 *   all the same carries a lower epoch than the successor's files, and sorts before all of them.
 * - I3. Nothing is given a final name in a directory that holds a higher epoch, nor pruned from it.
 * - I4. The duty's end is not told before every call to the disk has ended.
 */
export class LeaderFiles implements Duty {
  readonly #options: LeaderFilesOptions;
  #proving: Promise<Proof> | undefined;
  /** The trouble with pruning that was told last. */
  #toldTrouble: string | undefined;

  constructor(options: LeaderFilesOptions) {
    this.#options = options;
  }

  async prove(): Promise<Proof> {
    const { disk, replica, service } = this.#options;
    // Of a disk that hangs one call waits, not one more with every attempt.
    this.#proving ??= proveDirectory(disk, replica, service).finally(() => {
      this.#proving = undefined;
    });
    return await this.#proving;
  }

  async lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> {
    const { scheduler } = this.#options;
    let due = scheduler.now();
    for (let sequence = 1; !signal.aborted; sequence += 1) {
      if (!mandate.mayAct()) {
        // The lease is over, and its watcher will tell us to stop.
        await aborted(signal);
        break;
      }
      const failure = await this.#act(mandate, sequence, signal);
      if (failure !== undefined) return { kind: "failed", failure };
      due = await this.#nextMoment(due, signal);
    }
    return { kind: "stopped" };
  }

  /** Waits for the next moment of the pace after `last`; a pace that changes counts at once. */
  async #nextMoment(last: Instant, signal: AbortSignal): Promise<Instant> {
    const { scheduler, limits, limitsChanged } = this.#options;
    for (;;) {
      const changed = limitsChanged?.();
      using waiting = new Scope(signal, ...(changed === undefined ? [] : [changed]));
      const due = nextDue(scheduler, last, limits.leaderTimeoutMs);
      await scheduler.sleep(remainingMs(scheduler, due), waiting.signal);
      if (signal.aborted || remainingMs(scheduler, due) === 0) return due;
      if (changed?.aborted !== true) return due;
    }
  }

  /** One effect, and the word that it hangs if it takes too long: then others shall lead. */
  async #act(
    mandate: Mandate,
    sequence: number,
    signal: AbortSignal,
  ): Promise<Failure | undefined> {
    const { scheduler, disk } = this.#options;
    const patienceMs = mandate.timing.effectMs;
    using watching = new Scope();
    const impatience = scheduler.sleep(patienceMs, watching.signal).then(() => {
      if (!watching.signal.aborted) mandate.hangs(hangingFailure(disk, patienceMs));
    });
    const failure = await this.#write(mandate, sequence, signal);
    watching.abort();
    await impatience;
    return failure;
  }

  /** One effect: a file and the pruning that it makes due. */
  async #write(
    mandate: Mandate,
    sequence: number,
    signal: AbortSignal,
  ): Promise<Failure | undefined> {
    const { disk, scheduler, observer, replica, service } = this.#options;
    const temporary = temporaryName(mandate.epoch, sequence, replica);
    const final = finalName(mandate.epoch, sequence);
    const startedAt = scheduler.now();
    try {
      const inventory = await this.#prepare(mandate.epoch, sequence, temporary);
      const { fence } = inventory;
      // Before our first file nobody has written under our epoch, unless epochs began anew.
      const lowest = sequence === 1 ? mandate.epoch : mandate.epoch + 1n;
      if (fence !== undefined && fence.epoch >= lowest) {
        await discard(disk, temporary);
        return await fencedBy(disk, fence, service);
      }
      if (signal.aborted || !mandate.mayAct()) {
        await discard(disk, temporary);
        return undefined;
      }
      await disk.publish(temporary, final);
      mandate.worked();
      const durationMs = scheduler.now() - startedAt;
      observer.observe({ kind: "file-written", file: final, epoch: mandate.epoch, durationMs });
      await this.#prune(inventory, mandate, signal);
      return undefined;
    } catch (error) {
      await discard(disk, temporary);
      return failureOf(disk, error);
    }
  }

  /** Writes the file under its temporary name, and reads the directory meanwhile. */
  async #prepare(epoch: Epoch, sequence: number, temporary: string): Promise<Inventory> {
    const { disk, limits } = this.#options;
    // Both have ended before either's failure is told: an effect must not outlive its tenure.
    const [inventory, writing] = await Promise.allSettled([
      takeInventory(disk, limits.storageCapacity - 1),
      disk.writeDurably(temporary, this.#content(epoch, sequence)),
    ]);
    if (writing.status === "rejected") throw writing.reason;
    if (inventory.status === "rejected") throw inventory.reason;
    return inventory.value;
  }

  async #prune(inventory: Inventory, mandate: Mandate, signal: AbortSignal): Promise<void> {
    const { disk, observer } = this.#options;
    const { removed, trouble } = await prune(disk, inventory, mandate, signal);
    if (removed > 0) observer.observe({ kind: "files-pruned", count: removed });
    if (trouble !== undefined && trouble !== this.#toldTrouble) {
      observer.observe({ kind: "notice", level: "warn", detail: trouble });
    }
    this.#toldTrouble = trouble;
  }

  #content(epoch: Epoch, sequence: number): string {
    const { replica, host, service, scheduler } = this.#options;
    const writtenAt = scheduler.wallClock().toISOString();
    // The epoch is a string because a JSON number loses digits beyond 53 bits.
    const record = { replica, epoch: epoch.toString(), sequence, writtenAt, host, service };
    return `${JSON.stringify(record)}\n`;
  }
}

/** The next moment of the pace; moments that have passed already are left out, not made up. */
function nextDue(scheduler: Scheduler, due: Instant, paceMs: number): Instant {
  const missed = Math.floor((scheduler.now() - due) / paceMs);
  return later(due, paceMs * (Math.max(0, missed) + 1));
}
