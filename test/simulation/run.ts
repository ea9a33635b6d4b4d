import { parseArgs } from "node:util";
import { oneOf, wholeNumber } from "../given.ts";
import { describeFault } from "./faults/faults.ts";
import { profiles, settingsOf } from "./settings.ts";
import { shrink } from "./shrinking.ts";
import { type Report, simulate } from "./simulation.ts";

/** What one range of seeds came to. */
export interface Tally {
  seeds: number;
  steps: number;
  files: number;
  leaderships: number;
  readonly failures: string[];
  /** The invariant that broke first, and the seed, where one did. */
  first: { readonly seed: number; readonly invariant: string } | undefined;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    minutes: { type: "string", default: "10" },
    profile: { type: "string", default: "default" },
    workers: { type: "string", default: "2" },
    /** For machines: the tally as JSON, no shrinking, and the end after the first failure. */
    json: { type: "boolean", default: false },
  },
});

const profile = oneOf("--profile", values.profile, profiles);
const minutes = wholeNumber("--minutes", values.minutes, 1);
const from = wholeNumber("--from", values.from, 1);
const seeds = wholeNumber("--seeds", values.seeds, 1);
const workers = Math.min(wholeNumber("--workers", values.workers, 1), seeds);

if (values.seed !== undefined) await replay(wholeNumber("--seed", values.seed, 1));
else if (values.json) say(JSON.stringify(await tallyOf(from, from + seeds, true)));
else await sweep();

/** Shows one seed as a timeline. */
async function replay(seed: number): Promise<void> {
  const report = await simulate(settingsOf(seed, profile, minutes), true);
  for (const line of report.lines) say(line);
  say(summaryOf(report));
  if (report.violations.length > 0) await explain(report);
}

async function sweep(): Promise<void> {
  const startedAt = performance.now();
  const share = Math.ceil(seeds / workers);
  const ranges = Array.from({ length: workers }, (_, index) => [
    from + index * share,
    Math.min(from + seeds, from + (index + 1) * share),
  ]);
  const tallies = await Promise.all(
    ranges.map(([begin = 0, end = 0]) => tallyInProcess(begin, end - begin)),
  );
  const sum = (count: (tally: Tally) => number): number =>
    tallies.reduce((total, tally) => total + count(tally), 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(
    `${sum((t) => t.seeds)} seeds of ${minutes} min, profile ${profile}: ` +
      `${sum((t) => t.leaderships)} leaderships, ${sum((t) => t.files)} files, ` +
      `${sum((t) => t.steps)} steps, ${seconds} s; ${sum((t) => t.failures.length)} failures`,
  );
  for (const failure of tallies.flatMap((tally) => tally.failures)) say(failure);
  const first = tallies.find((tally) => tally.first !== undefined)?.first;
  if (first === undefined) return;
  await explain(await simulate(settingsOf(first.seed, profile, minutes)));
}

async function tallyInProcess(begin: number, count: number): Promise<Tally> {
  const options = ["--from", begin, "--seeds", count, "--minutes", minutes, "--profile", profile];
  const child = Bun.spawn([process.execPath, import.meta.path, "--json", ...options.map(String)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as Tally;
}

async function tallyOf(begin: number, end: number, stopsAtFailure: boolean): Promise<Tally> {
  const tally: Tally = {
    seeds: 0,
    steps: 0,
    files: 0,
    leaderships: 0,
    failures: [],
    first: undefined,
  };
  for (let seed = begin; seed < end; seed += 1) {
    const report = await simulate(settingsOf(seed, profile, minutes));
    tally.seeds += 1;
    tally.steps += report.steps;
    tally.files += report.filesWritten;
    tally.leaderships += report.leaderships;
    const violation = report.violations[0];
    if (violation === undefined) continue;
    tally.failures.push(summaryOf(report));
    tally.first ??= { seed, invariant: violation.invariant };
    if (stopsAtFailure) break;
  }
  return tally;
}

async function explain(failure: Report): Promise<void> {
  process.exitCode = 1;
  const { seed } = failure.settings;
  const shrunken = await shrink(failure);
  const { faults } = shrunken.settings;
  say(`seed ${seed}: ${faults.length} of ${failure.settings.faults.length} faults are needed:`);
  for (const fault of faults) say(`  ${describeFault(fault)}`);
  for (const { invariant, detail, atMs } of shrunken.violations) {
    say(`  ${(atMs / 1000).toFixed(3)} s: ${invariant}: ${detail}`);
  }
  const flags = profile === "default" ? "" : ` PROFILE=${profile}`;
  say(`replay: make simulate SEED=${seed}${flags}`);
}

function summaryOf({ settings, hash, violations, steps, filesWritten }: Report): string {
  const broken = violations.map(
    ({ atMs, invariant, detail }) => `${(atMs / 1000).toFixed(3)} s ${invariant}: ${detail}`,
  );
  const counts = `${steps} steps, ${filesWritten} files, ${settings.faults.length} faults`;
  return `seed ${settings.seed} (${hash}): ${counts}; ${broken.join("; ") || "all is well"}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
