import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { refuse, wholeNumber } from "../../given.ts";
import knownSeeds from "./mutants-seeds.json";
import { mutants } from "./mutants-table.ts";
import { type Fate, tryMutants } from "./planting.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    only: { type: "string", default: "" },
    workers: { type: "string", default: "2" },
    /** Rewrites the seeds that mutants.test.ts begins with. */
    record: { type: "boolean", default: false },
  },
});

const chosen = mutants.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) refuse("--only", values.only, "a part of the name of a mutant");
const count = wholeNumber("--seeds", values.seeds, 1);
const fates: Fate[] = [];
say(row(["mutant", "profile", "caught after", "by"]));
await tryMutants(
  chosen,
  () => [{ from: 1, count }],
  wholeNumber("--workers", values.workers, 1),
  (fate) => {
    fates.push(fate);
    const { mutant, caught } = fate;
    const after = caught === undefined ? "SURVIVED" : `${caught.seed} seeds`;
    say(row([mutant.name, mutant.profile ?? "default", after, caught?.by ?? ""]));
  },
);
const survivors = fates.filter(({ caught }) => caught === undefined);
say(`${fates.length} mutants, ${survivors.length} survived ${count} seeds`);
if (survivors.length > 0) process.exitCode = 1;
if (values.record) record();

function record(): void {
  const seedOf = new Map<string, number>(Object.entries(knownSeeds));
  for (const { mutant, caught } of fates) if (caught) seedOf.set(mutant.name, caught.seed);
  const known = mutants.flatMap(({ name }) => {
    const seed = seedOf.get(name);
    return seed === undefined ? [] : [[name, seed] as const];
  });
  const text = JSON.stringify(Object.fromEntries(known), null, 2);
  writeFileSync(join(import.meta.dir, "mutants-seeds.json"), `${text}\n`);
}

function row([name = "", profile = "", after = "", by = ""]: readonly string[]): string {
  return `${name.padEnd(78)} ${profile.padEnd(8)} ${after.padEnd(13)} ${by}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
