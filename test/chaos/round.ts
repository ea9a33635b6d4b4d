import type { Arena } from "./arena.ts";
import type { Layout } from "./directories.ts";
import type { Fault } from "./faults.ts";
import type { SeededChoice } from "./seeded-choice.ts";
import { bounds, capacity, paceMs, sessionMs } from "./terms.ts";
import type { Landing } from "./verdict.ts";

/** What one round came to. Times in milliseconds. */
export interface RoundResult {
  readonly fault: string;
  readonly detail: string | undefined;
  readonly layout: Layout;
  /** The time to the next file, or a longer time without a file after it, less the pace. */
  readonly leaderlessMs: number;
  readonly overlaps: number;
  /** Files of a lower epoch that a paused process landed late. */
  readonly inert: number;
  /** Broken promises, as sentences; an overlap is among them. */
  readonly violations: readonly string[];
}

/** In this share of the rounds each replica has a directory of its own. */
const ownShare = 1 / 3;
/** How long everything may take to be in order again after a fault was healed. */
const settlingLimitMs = 30_000;

/** Lets one fault strike a service that is in order, and judges what is seen of it outside. */
export async function playRound(
  arena: Arena,
  fault: Fault,
  choice: SeededChoice,
): Promise<RoundResult> {
  // Where a successor's files are seen, a fence protects them beside the lease.
  const layout = choice.fraction() < ownShare ? "own" : "shared";
  const isReady = !arena.directory.arrange(layout) || (await arena.settles(settlingLimitMs));
  // No phase of the renewals and of the files is favoured.
  await Bun.sleep(choice.between(500, 1_000));
  const told = arena.contenders.map(({ problems }) => problems.length);
  const toldFiles = arena.files.problems.length;
  const toldVerdict = arena.verdict();

  const struckAt = performance.now();
  const struck = await fault.strike({ arena, leader: arena.leader, choice });
  let healedAt = struckAt;
  try {
    await Bun.sleep(struck.holdMs);
  } finally {
    healedAt = performance.now();
    await struck.heal();
  }
  const wholeAt = performance.now();
  const violations = isReady ? [] : ["replicas do not get used to other directories"];
  if (!(await arena.isWhole(settlingLimitMs))) violations.push("a server does not serve any more");
  if (!(await arena.settles(settlingLimitMs))) violations.push("replicas or files are missing");

  const from = fault.countsFrom === "fault" ? struckAt : Math.max(healedAt, wholeAt);
  const leaderlessMs = longestGapMs(arena.files.landings, from);
  if (leaderlessMs > fault.boundMs) {
    violations.push(`no leader for ${leaderlessMs.toFixed(0)} ms, allowed are ${fault.boundMs}`);
  }
  if (!hasBitten(arena.files.landings, fault, struckAt, healedAt)) {
    violations.push("the fault did not bite: files went on landing");
  }
  violations.push(...(await overCapacity(arena)));

  const verdict = arena.verdict();
  const overlaps = verdict.overlaps.slice(toldVerdict.overlaps.length);
  violations.push(
    ...overlaps.map(({ name, replica }) => `overlap: ${name} of ${replica ?? "?"} landed late`),
    ...verdict.contradictions.slice(toldVerdict.contradictions.length),
    ...arena.files.problems.slice(toldFiles),
    ...arena.contenders.flatMap(({ problems }, index) => problems.slice(told[index])),
  );
  return {
    fault: fault.name,
    detail: struck.detail,
    layout,
    leaderlessMs,
    overlaps: overlaps.length,
    inert: verdict.inert.length - toldVerdict.inert.length,
    violations,
  };
}

/** Until the first file from `from` on, or the longest gap after it, less the leader's pace. */
function longestGapMs(landings: readonly Landing[], from: number): number {
  const times = [from, ...landings.map(({ at }) => at).filter((at) => at > from)];
  const gaps = times.map((at, index) => {
    const gapMs = (times[index + 1] ?? performance.now()) - at;
    return index === 0 ? gapMs : gapMs - paceMs;
  });
  return Math.max(...gaps);
}

/** A fault that leaves nobody able to lead must have stopped the files by its end. */
function hasBitten(landings: readonly Landing[], fault: Fault, from: number, to: number): boolean {
  if (fault.countsFrom === "fault" || to - from < sessionMs) return true;
  return !landings.some(({ at }) => at > to - sessionMs / 4 && at < to);
}

/** A file lands before the oldest is pruned, so we look until there is no excess, for a while. */
async function overCapacity(arena: Arena): Promise<readonly string[]> {
  const deadline = performance.now() + bounds.handOver;
  let kept = arena.files.kept;
  while (kept > capacity && performance.now() < deadline) {
    await Bun.sleep(5);
    kept = arena.files.kept;
  }
  return kept > capacity ? [`${kept} files are kept, ${capacity} are allowed`] : [];
}
