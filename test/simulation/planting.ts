import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./mutants-table.ts";

/**
 * Replaces the text. Throws unless it is there exactly once: a bug that is not planted proves
 * nothing.
 */
export function plant({ name, file, find, replace, also = [] }: Mutant, source: string): void {
  for (const change of [{ find, replace }, ...also]) {
    const path = join(source, "file" in change ? (change.file ?? file) : file);
    const parts = readFileSync(path, "utf8").split(change.find);
    if (parts.length !== 2) {
      throw new Error(`mutant "${name}": ${parts.length - 1} places for: ${change.find}`);
    }
    writeFileSync(path, parts.join(change.replace));
  }
}
