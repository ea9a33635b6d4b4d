import { expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../sources.ts";
import knownSeeds from "./mutants-seeds.json";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants-table.ts";
import { plant, type Seeds, tryMutant } from "./planting.ts";

/** At most so many seeds are tried before a bug counts as one that the simulation cannot see. */
const mostSeeds = 300;
const limitMs = 600_000;

/** First the seed that showed the bug when `mutants.ts --record` ran last, then every other. */
function rangesOf({ name }: Mutant): readonly Seeds[] {
  const known = (knownSeeds as Readonly<Record<string, number>>)[name];
  const all = { from: 1, count: mostSeeds };
  return known === undefined ? [all] : [{ from: known, count: 1 }, all];
}

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  "mutants: the simulation notices: %s",
  async (_name, mutant) => {
    expect((await tryMutant(mutant, rangesOf(mutant))).caught).toBeDefined();
  },
  limitMs,
);

test(
  "mutants: the code still has the text that each of them replaces",
  () => {
    const directory = mkdtempSync(join(tmpdir(), "planting-"));
    try {
      for (const mutant of mutants) {
        cpSync(join(root, "src"), directory, { recursive: true });
        plant(mutant, directory);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
  limitMs,
);

test(
  "mutants: one that cannot be planted is told by the text that is missing",
  async () => {
    const mutant = { name: "stale", file: "daemon/replica.ts", find: "no such text", replace: "" };
    const message = await tryMutant(mutant, []).catch((error: unknown) => String(error));
    expect(message).toContain('mutant "stale": src/daemon/replica.ts has 0 places');
  },
  limitMs,
);
