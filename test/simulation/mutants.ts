import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Mutant, mutants } from "./mutants-table.ts";
import { plant } from "./planting.ts";
import type { Tally } from "./run.ts";

const root = join(import.meta.dir, "..", "..");
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    only: { type: "string", default: "" },
    workers: { type: "string", default: "2" },
  },
});

/** How one mutant fared. */
interface Fate {
  readonly mutant: Mutant;
  readonly caughtAfter: number | undefined;
  readonly by: string;
}

const chosen = mutants.filter(({ name }) => name.includes(values.only));
const queue = [...chosen];
const fates: Fate[] = [];
say(row(["mutant", "profile", "caught after", "by"]));
await Promise.all(Array.from({ length: Number(values.workers) }, () => work()));
const survivors = fates.filter(({ caughtAfter }) => caughtAfter === undefined);
say(`${fates.length} mutants, ${survivors.length} survived ${values.seeds} seeds`);
if (survivors.length > 0) process.exitCode = 1;

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const fate = await tryMutant(mutant);
    fates.push(fate);
    const after = fate.caughtAfter === undefined ? "SURVIVED" : `${fate.caughtAfter} seeds`;
    say(row([mutant.name, mutant.profile ?? "default", after, fate.by]));
  }
}

/** Plants the bug in a copy of the project, and simulates until it shows. */
async function tryMutant(mutant: Mutant): Promise<Fate> {
  const directory = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    for (const folder of ["src", "test"]) {
      cpSync(join(root, folder), join(directory, folder), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    plant(mutant, join(directory, "src"));
    return await simulateIn(directory, mutant);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function simulateIn(directory: string, mutant: Mutant): Promise<Fate> {
  const script = join(directory, "test", "simulation", "run.ts");
  const profile = mutant.profile ?? "default";
  const options = ["--json", "--seeds", values.seeds, "--profile", profile];
  const child = Bun.spawn([process.execPath, script, ...options], {
    cwd: directory,
    stdout: "pipe",
    stderr: "pipe",
  });
  const limit = setTimeout(() => child.kill(), 180_000);
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  clearTimeout(limit);
  const tally = parse(output);
  if (tally === undefined && child.signalCode === null) {
    // A mutant that does not even run proves nothing.
    throw new Error(`mutant "${mutant.name}" does not run:\n${errors}`);
  }
  if (tally === undefined) return { mutant, caughtAfter: 1, by: "time limit: it hangs" };
  const caughtAfter = tally.first === undefined ? undefined : tally.seeds;
  return { mutant, caughtAfter, by: tally.first?.invariant ?? "" };
}

function parse(output: string): Tally | undefined {
  try {
    return JSON.parse(output) as Tally;
  } catch {
    return undefined;
  }
}

function row([name = "", profile = "", after = "", by = ""]: readonly string[]): string {
  return `${name.padEnd(78)} ${profile.padEnd(8)} ${after.padEnd(13)} ${by}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
