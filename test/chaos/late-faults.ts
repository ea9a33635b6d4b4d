import type { Contender } from "./contender.ts";
import { readersTruth, type Snapshot, snapshotOf } from "./directory-snapshot.ts";
import type { Fault, Scene, Struck } from "./fault.ts";
import { bounds, capacity, paceMs, sessionMs } from "./terms.ts";
import type { Landing } from "./verdict.ts";

/** Within this time a leader comes to its next file, and a file that is let go lands. */
const patienceMs = 10 * paceMs + sessionMs;
/** A successor whose removals are held longer takes its own disk for hanging. */
const briefly = sessionMs / 8;

const terms = { boundMs: bounds.hangingEffect, countsFrom: "fault", disk: "hanging" } as const;

/**
 * A leader whose disk holds a file at its very last step, the rename: what was begun in time is
 * done when a successor leads already.
 *
 * In a shared directory the successor's first pruning takes the unfinished file away, and nothing
 * can land any more. Before it has, the file lands, and must be inert; in a directory of the old
 * leader's own it lands however late.
 */
export const lateFaults: readonly Fault[] = [
  {
    ...terms,
    name: "file held by the disk",
    strike: (scene) => strike(scene, { stops: false, isPruned: false }),
  },
  {
    ...terms,
    name: "file held, and SIGSTOP",
    strike: (scene) => strike(scene, { stops: true, isPruned: false }),
  },
  {
    ...terms,
    name: "file held, and pruned",
    layout: "shared",
    strike: (scene) => strike(scene, { stops: false, isPruned: true }),
  },
];

interface Course {
  /** Whether the whole process is stopped, too, in the middle of its write. */
  readonly stops: boolean;
  /** Whether the successor prunes before the file is let go. */
  readonly isPruned: boolean;
}

async function strike(scene: Scene, { stops, isPruned }: Course): Promise<Struck> {
  const { arena, leader, choice } = scene;
  const { files, directory } = arena;
  const others = arena.contenders.filter((contender) => contender !== leader);
  if (!isPruned) for (const other of others) other.holdRemovals();
  const problems: string[] = [];
  if (!(await leader.holdFile(patienceMs))) problems.push("no file was held by the disk");
  if (stops) leader.pause();
  const epoch = files.landings.findLast(({ replica }) => replica === leader.id)?.epoch ?? 0n;
  const successor = await files.find((landing) => landing.epoch > epoch, bounds.hangingEffect);
  if (successor === undefined) problems.push("nobody took over from a leader whose disk hangs");
  // Long enough for a pruning, where there shall be one.
  await Bun.sleep(choice.between(isPruned ? 5 * paceMs : 0, isPruned ? sessionMs : briefly));

  const before = snapshotOf(directory.paths);
  const releasedAt = performance.now();
  leader.letFileLand();
  if (stops) leader.resume();
  const isLate = (landing: Landing): boolean => landing.epoch === epoch && landing.at > releasedAt;
  const late = await files.find(isLate, isPruned ? briefly : patienceMs);
  problems.push(...disturbances(before, snapshotOf(directory.paths), leader));
  for (const other of others) other.letRemovalsGo();
  if (isPruned && late !== undefined) problems.push(`${late.name} landed, though it was pruned`);
  if (!isPruned && late === undefined) problems.push("the file that was held did not land");
  return {
    holdMs: 0,
    heal: () => undefined,
    check: () => problems,
  };
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
