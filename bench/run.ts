import { loadavg } from "node:os";
import { aborted } from "../src/base/scope.ts";
import { numberIn, oneOf } from "../test/given.ts";
import { compare } from "./comparison.ts";
import { mediansText, spreadText } from "./comparison-text.ts";
import { measureExecutable } from "./executable.ts";
import type { Findings } from "./figure.ts";
import { measureFloor } from "./floor.ts";
import { Interruption } from "./interruption.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type Measure, measures } from "./measures/measures.ts";
import type { Results } from "./measures/samples.ts";
import { contenderNames } from "./peers/contender.ts";
import { Grounds } from "./peers/grounds.ts";
import type { BenchRecord } from "./record.ts";
import { figureRecord, machineText, notesText, tableText } from "./report.ts";
import { rows } from "./rows.ts";

const usage = `bun bench/run.ts, with these variables:

  PEERS     who is compared, of ${contenderNames.join(",")} (default: all)
  MEASURES  what is measured, of ${measures.map(({ name }) => name).join(",")}
            (default: all)
  ROUNDS    of every measure (default 10)
  SEED      of the random pauses (default 1)
  JSON      the file that gets every sample (default dist/bench.json)
`;

interface Settings {
  readonly peers: readonly string[];
  readonly measures: readonly Measure[];
  readonly rounds: number;
  readonly seed: number;
  readonly json: string;
}

/** How one measure went. */
interface Taken {
  readonly name: string;
  readonly seconds: number;
  /** Runnable processes over the minute before it. */
  readonly load: number;
  readonly results: Results;
}

process.exit(await main());

async function main(): Promise<number> {
  if (process.argv.includes("--help")) {
    process.stdout.write(usage);
    return 0;
  }
  const settings = settingsFrom(process.env);
  // Every process of a run is ended when we exit.
  process.setMaxListeners(0);
  using interruption = new Interruption();
  await using grounds = await Grounds.open(settings.peers, settings.seed);
  const zookeeper = await grounds.probe.version();
  const machine = await describeMachine(zookeeper, await grounds.etcd?.version());
  process.stdout.write(`${machineText(machine)}\n`);
  const measuring = measureAll(grounds, settings);
  const all = await Promise.race([measuring, aborted(interruption.signal)]);
  if (all === undefined) {
    // What is being measured fails now that its processes go; that is nobody's concern any more.
    measuring.catch(() => undefined);
    return 130;
  }
  await report(settings, machine, all.own, all.taken);
  return all.taken.some(({ results }) => results.failures.has("election")) ? 1 : 0;
}

async function measureAll(
  grounds: Grounds,
  settings: Settings,
): Promise<{ readonly own: Findings; readonly taken: readonly Taken[] }> {
  const { rounds } = settings;
  const floor = await measureFloor(grounds.stage, grounds.probe, Math.max(20, rounds));
  const executable = await measureExecutable();
  const taken: Taken[] = [];
  for (const { name, measure } of settings.measures) {
    const startedAt = performance.now();
    const load = loadavg()[0] ?? 0;
    process.stderr.write(`measuring: ${name}, load ${load.toFixed(1)}\n`);
    const results = await measure({ grounds, rounds });
    taken.push({ name, seconds: (performance.now() - startedAt) / 1_000, load, results });
  }
  const own = {
    figures: [...floor.figures, ...executable.figures],
    notes: [...floor.notes, ...executable.notes],
  };
  return { own, taken };
}

async function report(
  settings: Settings,
  machine: Machine,
  own: Findings,
  taken: readonly Taken[],
): Promise<void> {
  const table = compare(
    rows,
    taken.map(({ results }) => results),
  );
  const failures = taken.flatMap(({ name, results }) =>
    [...results.failures].map(([who, why]) => `Not measured: ${name} of ${who} (${why}).`),
  );
  const loads = taken.map(({ name, load, seconds }) => {
    return `${name} ${load.toFixed(1)} (${seconds.toFixed(0)} s)`;
  });
  const notes = [...own.notes, ...failures, `Load before each measure: ${loads.join(", ")}.`];
  const text = `${mediansText(table)}\n${spreadText(table)}\n${tableText(own.figures)}`;
  const noted = `${text}\n${notesText(notes)}`;
  process.stdout.write(noted);
  const record: BenchRecord = {
    machine,
    rounds: settings.rounds,
    seed: settings.seed,
    rows: table,
    own: own.figures.map(figureRecord),
    notes,
    text: `${machineText(machine)}\n${noted}`,
  };
  await Bun.write(settings.json, `${JSON.stringify(record, undefined, 1)}\n`);
  process.stderr.write(`written: ${settings.json}\n`);
}

function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const names = measures.map(({ name }) => name);
  const chosen = listed("MEASURES", environment["MEASURES"], names);
  return {
    peers: listed("PEERS", environment["PEERS"], contenderNames),
    measures: measures.filter(({ name }) => chosen.includes(name)),
    rounds: numberIn("ROUNDS", 10),
    seed: numberIn("SEED", 1, 0),
    json: environment["JSON"] || "dist/bench.json",
  };
}

/** The names that a variable lists; all that exist where it is left out. */
function listed(
  variable: string,
  value: string | undefined,
  existing: readonly string[],
): readonly string[] {
  if (value === undefined || value === "") return existing;
  return value.split(",").map((name) => oneOf(variable, name.trim(), existing));
}
