import { loadavg } from "node:os";
import { Interruption } from "../../bench/interruption.ts";
import { aborted } from "../../src/base/scope.ts";
import { numberIn } from "../given.ts";
import { Arena } from "../chaos/arena/arena.ts";
import { machineText } from "../chaos/machine-line.ts";
import { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import { ids, paceMs } from "../chaos/judge/terms.ts";
import { type Disturbance, disturbances, restarted } from "./disturbances.ts";
import { complaintOf, findingsOf } from "./flatness.ts";
import { paceComplaints, paceOf } from "./pace.ts";
import { type Course, reportText } from "./report.ts";
import type { Period } from "./trend.ts";
import { Watcher } from "./watcher.ts";

/**
 * Three replicas of the compiled binary and three real servers under moderate chaos for MINUTES;
 * then: did memory, descriptors, timers and pending requests stay flat, and the files their pace?
 * Exits with 1 when something did not. Start it by ../chaos/in-namespaces.
 */

const defaultMinutes = 30;
/** In less, a quarter does not see every replica both lead and wait, nor is it warm. */
const leastMinutes = 10;
/** Until then the heap grows to its plateau, and what is called often is compiled. */
const warmUpShare = 1 / 6;
const sampleMs = 2_000;
const settlingLimitMs = 30_000;
/** All ports are free in namespaces of our own; this is below those of outgoing connections. */
const firstPort = 9_101;

process.exit(await main());

async function main(): Promise<number> {
  const minutes = numberIn("MINUTES", defaultMinutes, leastMinutes);
  const seed = numberIn("SEED", 1 + Math.floor(Math.random() * 1_000_000));
  using interruption = new Interruption();
  tell(`soak: ${minutes} minutes; the same disturbances: make soak SEED=${seed}\n`);

  await using arena = await Arena.open((id) => [`--http-address=${addressOf(id)}`]);
  if (!(await arena.settles(settlingLimitMs))) throw new Error("the replicas do not start");
  const startedAt = performance.now();
  const until = startedAt + minutes * 60_000;
  const period = { from: startedAt + minutes * 60_000 * warmUpShare, to: until };
  const watched = arena.contenders.map((contender) => ({
    id: contender.id,
    address: addressOf(contender.id),
    get pid() {
      return contender.pid;
    },
    mayBeAway: contender.id === restarted,
  }));
  await using watcher = new Watcher(watched, new SeededChoice(seed + 1), sampleMs);

  const struck: Disturbance[] = [];
  const problems: string[] = [];
  const disturbing = disturb(arena, watcher, until, seed, struck, problems);
  await Promise.race([disturbing, aborted(interruption.signal)]);
  if (interruption.signal.aborted) {
    // What is being waited for fails now that its processes go.
    disturbing.catch(() => undefined);
    tell("interrupted\n");
    return 130;
  }
  const course = judge(arena, watcher, period, struck, problems);
  tell(`\n${reportText(course)}${machineText()}, seed ${seed}, `);
  tell(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}\n`,
  );
  for (const complaint of course.complaints) tell(`FAILED: ${complaint}\n`);
  return course.complaints.length === 0 ? 0 : 1;
}

/** Strikes again and again, with pauses, and adds to `problems` what does not come back. */
async function disturb(
  arena: Arena,
  watcher: Watcher,
  until: number,
  seed: number,
  struck: Disturbance[],
  problems: string[],
): Promise<void> {
  const choice = new SeededChoice(seed);
  let deck: readonly Disturbance[] = [];
  while (performance.now() < until) {
    if (deck.length === 0) deck = choice.shuffled(disturbances);
    const [next, ...rest] = deck;
    if (next === undefined) return;
    deck = rest;
    struck.push(next);
    const time = new Date().toISOString().slice(11, 19);
    tell(`${time}  ${next.name.padEnd(34)}  ${watcher.memoryText()}\n`);
    const { holdMs, heal } = await next.strike({ arena, leader: arena.leader, choice });
    await Bun.sleep(holdMs);
    await heal();
    const inOrder =
      (await arena.isWhole(settlingLimitMs)) && (await arena.settles(settlingLimitMs));
    if (!inOrder) problems.push(`after "${next.name}" replicas, servers or files are missing`);
    const restMs = choice.between(next.restMs.least, next.restMs.most);
    await Bun.sleep(Math.min(restMs, Math.max(0, until - performance.now())));
  }
}

function judge(
  arena: Arena,
  watcher: Watcher,
  period: Period,
  struck: readonly Disturbance[],
  problems: readonly string[],
): Course {
  const { landings } = arena.files;
  const findings = watcher.series
    .filter(({ id }) => id !== restarted)
    .flatMap(({ id, samples }) => findingsOf(id, samples, period));
  const { overlaps, contradictions } = arena.verdict();
  return {
    period,
    findings,
    series: watcher.series,
    pace: paceOf(landings, period, paceMs),
    landings,
    struck,
    vanished: watcher.vanished,
    complaints: [
      ...findings.map((finding) => complaintOf(finding)).filter((text) => text !== undefined),
      ...paceComplaints(landings, period, paceMs),
      ...overlaps.map(({ name }) => `overlap: ${name} landed late`),
      ...contradictions,
      ...problems,
      ...watcher.problems,
      ...arena.files.problems,
      ...arena.contenders.flatMap((contender) => contender.problems),
    ],
  };
}

function addressOf(id: string): string {
  return `127.0.0.1:${firstPort + ids.findIndex((candidate) => candidate === id)}`;
}

function tell(text: string): void {
  process.stdout.write(text);
}
