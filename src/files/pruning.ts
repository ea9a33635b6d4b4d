import type { Mandate } from "../election/ports/duty.ts";
import { messageOf } from "./directory-failure.ts";
import type { Disk } from "../disk/disk.ts";
import { noEpoch } from "./file-name.ts";
import type { Inventory } from "./inventory.ts";

/** How many files are removed between two looks at the lease. */
const batchSize = 32;

/** What a pruning did. */
interface Pruning {
  readonly removed: number;
  /** What could not be removed, and why: one sentence; undefined when all went well. */
  readonly trouble: string | undefined;
}

/**
 * Removes what the capacity leaves no room for, and unfinished files of lower epochs: a leader that
 * still wants to rename one of those has lost leadership, and finds it gone. It stops when the
 * lease does, and resolves only when no removal runs any more. A name that cannot be removed (a
 * file that another user guards, say) is trouble, but no reason to stop leading.
 */
export async function prune(
  disk: Disk,
  inventory: Inventory,
  mandate: Mandate,
  signal: AbortSignal,
): Promise<Pruning> {
  const stale = inventory.unfinished.filter(
    ({ epoch }) => epoch !== noEpoch && epoch < mandate.epoch,
  );
  const names = [...inventory.excess, ...stale.map(({ name }) => name)];
  let removed = 0;
  let trouble: string | undefined;
  for (let start = 0; start < names.length; start += batchSize) {
    if (signal.aborted || !mandate.mayAct()) break;
    const batch = names.slice(start, start + batchSize);
    for (const outcome of await Promise.allSettled(batch.map((name) => disk.remove(name)))) {
      if (outcome.status === "fulfilled") removed += 1;
      else trouble ??= `cannot prune: ${messageOf(outcome.reason)}`;
    }
  }
  return { removed, trouble };
}
