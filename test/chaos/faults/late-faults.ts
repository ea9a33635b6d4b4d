import type { Contender } from "../arena/contender.ts";
import { readersTruth, type Snapshot, snapshotOf } from "../judge/directory-snapshot.ts";
import type { Fault, Scene, Struck } from "./fault.ts";
import { bounds, capacity, paceMs, sessionMs } from "../judge/terms.ts";
import type { Landing } from "../judge/verdict.ts";

/** Within this time a leader comes to its next file, and a file that is let go lands. */
const patienceMs = 10 * paceMs + sessionMs;
/** A successor whose removals are held longer takes its own disk for hanging. */
const brieflyMs = sessionMs / 8;

const terms = { boundMs: bounds.hangingEffect, countsFrom: "fault", disk: "hanging" } as const;

/**
 * A leader whose disk holds a file until a successor leads.
 *
 * Held in its flush, the file must not land: the leader looks at its lease before it renames. Held
 * in the rename, it was begun in time and lands when it can, and must be inert. In a directory of
 * the old leader's own that is however late; in a shared one only before the successor's first
 * pruning, which takes the unfinished file away.
 */
export const lateFaults: readonly Fault[] = [
  {
    ...terms,
    name: "flush held by the disk",
    strike: (scene) => strike(scene, { held: "flushes", stops: false, lands: false }),
  },
  {
    ...terms,
    name: "flush held, and SIGSTOP",
    strike: (scene) => strike(scene, { held: "flushes", stops: true, lands: false }),
  },
  {
    ...terms,
    name: "rename held by the disk",
    strike: (scene) => strike(scene, { held: "renames", stops: false, lands: true }),
  },
  {
    ...terms,
    name: "rename held, and SIGSTOP",
    strike: (scene) => strike(scene, { held: "renames", stops: true, lands: true }),
  },
  {
    ...terms,
    name: "rename held, and pruned",
    layout: "shared",
    strike: (scene) => strike(scene, { held: "renames", stops: false, lands: false }),
  },
];

interface Course {
  readonly held: "flushes" | "renames";
  /** Whether the whole process is stopped, too, in the middle of its write. */
  readonly stops: boolean;
  /** Whether the file lands in the end. */
  readonly lands: boolean;
}

async function strike(scene: Scene, { held, stops, lands }: Course): Promise<Struck> {
  const { arena, leader, choice } = scene;
  const { files, directory } = arena;
  const others = arena.contenders.filter((contender) => contender !== leader);
  if (lands) for (const other of others) other.holdRemovals();
  const problems: string[] = [];
  if (!(await leader.holdFile(held, patienceMs))) problems.push("the disk held no file");
  if (stops) leader.pause();
  const epoch = files.landings.findLast(({ replica }) => replica === leader.id)?.epoch ?? 0n;
  const successor = await files.find((landing) => landing.epoch > epoch, bounds.hangingEffect);
  if (successor === undefined) problems.push("nobody took over from a leader whose disk hangs");
  // Long enough for a pruning, where there is one.
  await Bun.sleep(lands ? choice.between(0, brieflyMs) : choice.between(5 * paceMs, sessionMs));

  const before = snapshotOf(directory.paths);
  const releasedAt = performance.now();
  leader.letFileGo();
  if (stops) leader.resume();
  const isLate = (landing: Landing): boolean => landing.epoch === epoch && landing.at > releasedAt;
  const late = await files.find(isLate, lands ? patienceMs : sessionMs / 2);
  problems.push(...disturbances(before, snapshotOf(directory.paths), leader));
  for (const other of others) other.letRemovalsGo();
  if (lands && late === undefined) problems.push("the file that was held did not land");
  if (!lands && late !== undefined) problems.push(`${late.name} landed, and should not have`);
  return { holdMs: 0, heal: () => undefined, check: () => problems };
}

/** What the late file did to the successor's files, and to what readers take for the truth. */
function disturbances(before: Snapshot, after: Snapshot, late: Contender): readonly string[] {
  const [expected, truth] = [readersTruth(before), readersTruth(after)];
  if (truth === undefined || expected === undefined) return ["there are no files to read"];
  const problems: string[] = [];
  if (truth.epoch < expected.epoch) {
    problems.push(`readers see epoch ${truth.epoch} after they have seen ${expected.epoch}`);
  }
  if (truth.replica !== expected.replica || truth.replica === late.id) {
    problems.push(`readers take ${truth.replica} for the leader, not ${expected.replica}`);
  }
  for (const [path, text] of before) {
    if ((after.get(path) ?? text) !== text) problems.push(`${path} was written again`);
  }
  return [...problems, ...gapsOf(after, truth.epoch)];
}

/** The newest files of an epoch are there without a gap, as many as are kept at least. */
function gapsOf(files: Snapshot, epoch: bigint): readonly string[] {
  const sequences = [...files.keys()]
    .map((path) => /(\d+)-(\d+)\.json$/u.exec(path))
    .filter((match) => BigInt(match?.[1] ?? 0) === epoch)
    .map((match) => Number(match?.[2]));
  const newest = Math.max(...sequences);
  return Array.from({ length: Math.min(newest, capacity - 1) }, (_, index) => newest - index)
    .filter((sequence) => !sequences.includes(sequence))
    .map((sequence) => `file ${sequence} of the successor's epoch ${epoch} is gone`);
}
