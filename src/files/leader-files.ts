import type { Epoch, ReplicaId } from "../election/coordinator.ts";
import type { Duty, DutyEnd, Proof, Term } from "../election/duty.ts";
import type { Failure } from "../election/failure.ts";
import type { Observer } from "../election/observer.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../election/scheduler.ts";
import { aborted } from "../election/scope.ts";
import type { Disk } from "./disk.ts";
import { finalName, temporaryName } from "./file-name.ts";
import { type Fence, type Inventory, takeInventory } from "./inventory.ts";

/** The epoch in the names of probes: no leadership has it, and no pruner takes it for stale. */
const noEpoch = 0n as Epoch;
/** How many files are removed between two looks at the lease. */
const pruningBatch = 32;

export interface LeaderFilesOptions {
  readonly disk: Disk;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly replica: ReplicaId;
  readonly host: string;
  /** The pace: one file every so many milliseconds, the first at once. */
  readonly leaderTimeoutMs: number;
  /** How many files are kept, at least 1. */
  readonly storageCapacity: number;
}

/**
 * The leader's duty: a numbered file every leader-timeout, and no more than `storage-capacity` of
 * them. A file is written under a temporary name, flushed, and renamed while the lease holds, so a
 * final name never shows a partial file. What lands late all the same carries a lower epoch than
 * the successor's files, and sorts before all of them.
 */
export class LeaderFiles implements Duty {
  readonly #options: LeaderFilesOptions;

  constructor(options: LeaderFilesOptions) {
    this.#options = options;
  }

  async prove(): Promise<Proof> {
    const { disk, replica } = this.#options;
    const probe = temporaryName(noEpoch, 0, replica);
    const renamedProbe = temporaryName(noEpoch, 1, replica);
    try {
      await disk.makeDirectory();
      await disk.writeDurably(probe, "probe\n");
      await disk.publish(probe, renamedProbe);
      await disk.remove(renamedProbe);
      const { fence, unfinished } = await takeInventory(disk, Number.MAX_SAFE_INTEGER);
      // A file that is being written by ourselves cannot be: one process writes one at a time.
      const ours = unfinished.filter((file) => file.replica === replica);
      for (const file of ours) await disk.remove(file.name);
      if (fence === undefined) return { kind: "proved", fence: undefined };
      return {
        kind: "proved",
        fence: { epoch: fence.epoch, failure: this.#fencedBy(fence) },
      };
    } catch (error) {
      await this.#discard(probe);
      return { kind: "failed", failure: this.#failureOf(error) };
    }
  }

  async lead(term: Term, signal: AbortSignal): Promise<DutyEnd> {
    const { scheduler, leaderTimeoutMs } = this.#options;
    let due = scheduler.now();
    for (let sequence = 1; !signal.aborted; sequence += 1) {
      if (!term.mayAct()) {
        // The lease is over, and whoever watches it will tell us to stop.
        await aborted(signal);
        break;
      }
      const failure = await this.#write(term, sequence, signal);
      if (failure !== undefined) return { kind: "failed", failure };
      due = nextDue(scheduler, due, leaderTimeoutMs);
      await scheduler.sleep(remainingMs(scheduler, due), signal);
    }
    return { kind: "stopped" };
  }

  /** One effect: a file and the pruning that it makes due. */
  async #write(term: Term, sequence: number, signal: AbortSignal): Promise<Failure | undefined> {
    const { disk, scheduler, observer, replica, storageCapacity } = this.#options;
    const temporary = temporaryName(term.epoch, sequence, replica);
    const final = finalName(term.epoch, sequence);
    const startedAt = scheduler.now();
    try {
      const [inventory] = await Promise.all([
        takeInventory(disk, storageCapacity - 1),
        disk.writeDurably(temporary, this.#content(term.epoch, sequence)),
      ]);
      const { fence } = inventory;
      const fenced = fence !== undefined && fence.epoch > term.epoch;
      if (fenced || signal.aborted || !term.mayAct()) {
        await disk.remove(temporary);
        return fenced ? this.#fencedBy(fence) : undefined;
      }
      await disk.publish(temporary, final);
      term.worked();
      observer.observe({
        kind: "file-written",
        file: final,
        epoch: term.epoch,
        durationMs: scheduler.now() - startedAt,
      });
      await this.#prune(term, inventory, signal);
      return undefined;
    } catch (error) {
      await this.#discard(temporary);
      return this.#failureOf(error);
    }
  }

  /**
   * Removes what the capacity leaves no room for, and unfinished files of lower epochs: whoever
   * still wants to rename one of those has lost leadership, and finds it gone.
   */
  async #prune(term: Term, inventory: Inventory, signal: AbortSignal): Promise<void> {
    const { disk, observer } = this.#options;
    const stale = inventory.unfinished.filter(
      ({ epoch }) => epoch !== noEpoch && epoch < term.epoch,
    );
    const names = [...inventory.excess, ...stale.map((file) => file.name)];
    let removed = 0;
    for (let start = 0; start < names.length; start += pruningBatch) {
      if (signal.aborted || !term.mayAct()) break;
      const batch = names.slice(start, start + pruningBatch);
      await Promise.all(batch.map((name) => disk.remove(name)));
      removed += batch.length;
    }
    if (removed > 0) observer.observe({ kind: "files-pruned", count: removed });
  }

  /** Removes an unfinished file after a failure; that this fails too is not worth a second word. */
  async #discard(temporary: string): Promise<void> {
    try {
      await this.#options.disk.remove(temporary);
    } catch {
      // The next proof removes it, or says what is wrong with the directory.
    }
  }

  #content(epoch: Epoch, sequence: number): string {
    const { replica, host, scheduler } = this.#options;
    const writtenAt = scheduler.wallClock().toISOString();
    // The epoch is a string because a JSON number loses digits beyond 53 bits.
    const record = { replica, epoch: epoch.toString(), sequence, writtenAt, host };
    return `${JSON.stringify(record)}\n`;
  }

  #fencedBy(fence: Fence): Failure {
    const { disk } = this.#options;
    return {
      resource: "duty",
      code: "fenced",
      detail:
        `${disk.path}/${fence.file} was written under a higher epoch than the coordinator gives; ` +
        "if its data was wiped or restored, move the old files out of the directory",
    };
  }

  #failureOf(error: unknown): Failure {
    const cause = error instanceof Error ? error.message : String(error);
    return {
      resource: "duty",
      code: "duty-failed",
      detail: `${this.#options.disk.path}: ${cause}`,
    };
  }
}

/** The next moment of the pace; moments that have passed already are left out, not made up. */
function nextDue(scheduler: Scheduler, due: Instant, paceMs: number): Instant {
  const missed = Math.floor((scheduler.now() - due) / paceMs);
  return later(due, paceMs * (Math.max(0, missed) + 1));
}
