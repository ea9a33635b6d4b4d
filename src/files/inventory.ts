import type { Epoch } from "../election/ports/coordinator.ts";
import type { Disk } from "../disk/disk.ts";
import { parseFileName } from "./file-name.ts";

/** Sorting starts only when this many names more than needed came together. */
const slack = 1024;

/** What a directory holds of ours. A stranger's file is neither counted nor named in here. */
export interface Inventory {
  /** The highest epoch that any finished file carries, and one file that does. */
  readonly fence: Fence | undefined;
  /** Finished files beyond the `keep` newest ones: the oldest, in no order. */
  readonly excess: readonly string[];
  /** Unfinished files, with the epoch and the replica in their names. */
  readonly unfinished: readonly Unfinished[];
}

export interface Fence {
  readonly epoch: Epoch;
  readonly file: string;
}

export interface Unfinished {
  readonly name: string;
  readonly epoch: Epoch;
  readonly replica: string;
}

/**
 * Reads the directory once, in batches, in memory bounded by `keep` and by what is in excess.
 * @param keep how many of the newest files are not in excess, at least 0; without it, all are kept
 */
export async function takeInventory(disk: Disk, keep?: number): Promise<Inventory> {
  const most = keep ?? 0;
  let newest: string[] = [];
  const excess: string[] = [];
  const unfinished: Unfinished[] = [];
  let fence: Fence | undefined;

  for await (const batch of disk.names()) {
    for (const name of batch) {
      const parsed = parseFileName(name);
      if (parsed.kind === "temporary") {
        unfinished.push({ name, epoch: parsed.epoch, replica: parsed.replica });
      } else if (parsed.kind === "final") {
        if (keep !== undefined) newest.push(name);
        if (fence === undefined || parsed.epoch > fence.epoch) {
          fence = { epoch: parsed.epoch, file: name };
        }
      }
    }
    if (newest.length > most + slack) newest = keepNewest(newest, most, excess);
  }
  keepNewest(newest, most, excess);
  return { fence, excess, unfinished };
}

/** Moves all but the `keep` newest names to `excess`; names sort by age. */
function keepNewest(names: string[], keep: number, excess: string[]): string[] {
  if (names.length <= keep) return names;
  names.sort();
  const cut = names.length - keep;
  for (const name of names.slice(0, cut)) excess.push(name);
  return names.slice(cut);
}
