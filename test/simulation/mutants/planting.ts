import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutant.ts";
import type { Tally } from "../run.ts";

const root = join(import.meta.dir, "../../..");
/** Long enough for every seed, also on a machine that is busy with other things. */
const limitMs = 540_000;

/** How one mutant fared: the first seed that showed it, and how; undefined when it survived. */
export interface Fate {
  readonly mutant: Mutant;
  readonly caught: { readonly seed: number; readonly by: string } | undefined;
}

/** A range of seeds to try. */
export interface Seeds {
  readonly from: number;
  readonly count: number;
}

/**
 * Plants the bug in a copy of the project, and simulates one range of seeds after the other until
 * it shows. Rejects when it cannot be planted, or does not run: such a mutant proves nothing.
 */
export async function tryMutant(mutant: Mutant, ranges: readonly Seeds[]): Promise<Fate> {
  const directory = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    for (const part of ["src", join("test", "simulation"), join("test", "given.ts")]) {
      cpSync(join(root, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    plant(mutant, join(directory, "src"));
    for (const range of ranges) {
      const caught = await simulateIn(directory, mutant, range);
      if (caught !== undefined) return { mutant, caught };
    }
    return { mutant, caught: undefined };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Tries them all, a few at a time; `told` hears of each as soon as it is known. */
export async function tryMutants(
  mutants: readonly Mutant[],
  rangesOf: (mutant: Mutant) => readonly Seeds[],
  workers: number,
  told: (fate: Fate) => void,
): Promise<void> {
  const queue = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      told(await tryMutant(mutant, rangesOf(mutant)));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** Replaces the text, which must be there exactly once. */
export function plant({ name, file, find, replace, also = [] }: Mutant, source: string): void {
  for (const change of [{ find, replace }, ...also]) {
    const path = "file" in change ? (change.file ?? file) : file;
    const parts = readFileSync(join(source, path), "utf8").split(change.find);
    if (parts.length !== 2) {
      const places = parts.length - 1;
      throw new Error(
        `mutant "${name}": src/${path} has ${places} places, and not one, for the text\n` +
          `${change.find}\nWas the code moved? Then the table needs the new text.`,
      );
    }
    writeFileSync(join(source, path), parts.join(change.replace));
  }
}

async function simulateIn(
  directory: string,
  mutant: Mutant,
  seeds: Seeds,
): Promise<Fate["caught"]> {
  const script = join(directory, "test", "simulation", "run.ts");
  const profile = mutant.profile ?? "default";
  const { from, count } = seeds;
  const options = ["--json", "--from", from, "--seeds", count, "--profile", profile];
  const child = Bun.spawn([process.execPath, script, ...options.map(String)], {
    cwd: directory,
    stdout: "pipe",
    stderr: "pipe",
  });
  const limit = setTimeout(() => child.kill(), limitMs);
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(limit);
  // Neither proves anything: a world that does not begin, and one that does not end.
  if (child.signalCode !== null) throw new Error(`mutant "${mutant.name}": no end in sight`);
  if (child.exitCode !== 0) throw new Error(`mutant "${mutant.name}" does not run:\n${errors}`);
  const tally = JSON.parse(output) as Tally;
  return tally.first && { seed: tally.first.seed, by: tally.first.invariant };
}
