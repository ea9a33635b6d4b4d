import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFileName } from "../../../src/files/file-name.ts";

/** The finished files of all directories at one moment: their texts by path. */
export type Snapshot = ReadonlyMap<string, string>;

/** What readers take for the truth: who wrote the files of the highest epoch. */
export interface Truth {
  readonly epoch: bigint;
  readonly replica: string;
}

export function snapshotOf(paths: readonly string[]): Snapshot {
  const files = new Map<string, string>();
  for (const path of paths) {
    for (const name of readdirSync(path)) {
      if (parseFileName(name).kind !== "final") continue;
      try {
        files.set(join(path, name), readFileSync(join(path, name), "utf8"));
      } catch {
        // Pruned meanwhile.
      }
    }
  }
  return files;
}

/** Undefined where there are no files. */
export function readersTruth(files: Snapshot): Truth | undefined {
  let truth: Truth | undefined;
  for (const text of files.values()) {
    const { epoch, replica } = JSON.parse(text) as { epoch: string; replica: string };
    if (truth === undefined || BigInt(epoch) > truth.epoch) {
      truth = { epoch: BigInt(epoch), replica };
    }
  }
  return truth;
}
