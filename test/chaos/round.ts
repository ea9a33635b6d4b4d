import type { Arena } from "./arena/arena.ts";
import type { Outfit } from "./arena/contender.ts";
import type { Layout } from "./arena/directories.ts";
import type { Fault } from "./faults/fault.ts";
import { ProcessorWait } from "./judge/processor-wait.ts";
import type { SeededChoice } from "./faults/seeded-choice.ts";
import { calmingLimitMs, capacity, paceMs, sessionMs } from "./judge/terms.ts";
import type { Landing } from "./judge/verdict.ts";

/** What one round came to. Times in milliseconds. */
export interface RoundResult {
  readonly fault: string;
  readonly detail: string | undefined;
  readonly layout: Layout;
  readonly stateDir: Outfit["stateDir"];
  /** The time to the next file, or a longer time without a file after it, less the pace. */
  readonly leaderlessMs: number;
  /** How long replicas, servers and the observer waited for a processor meanwhile. */
  readonly waitedMs: number;
  /** It took longer than allowed, but by no more than was waited for a processor. */
  readonly isOverloaded: boolean;
  readonly overlaps: number;
  /** Files of a lower epoch that landed late, from a process that was held up. */
  readonly inert: number;
  /** Broken promises, as sentences; an overlap is among them. */
  readonly violations: readonly string[];
}

/** Unless told otherwise, in this share of the rounds each replica has a directory of its own. */
const ownShare = 1 / 3;
/** How long everything may take to be in order again after a fault was healed. */
const settlingLimitMs = 30_000;

/**
 * Lets one fault strike a service that is in order, and judges what is seen of it outside.
 * @param layout of the files, for faults that make sense in it; by chance without it
 */
export async function playRound(
  arena: Arena,
  fault: Fault,
  choice: SeededChoice,
  layout?: Layout,
): Promise<RoundResult> {
  const arranged = await arrange(arena, fault, choice, layout);
  // No phase of the renewals and of the files is favoured.
  await Bun.sleep(choice.between(500, 1_000));
  const told = arena.contenders.map(({ problems }) => problems.length);
  const toldCommands = arena.overlappingCommands.length;
  const toldFiles = arena.files.problems.length;
  const toldVerdict = arena.verdict();

  using wait = new ProcessorWait(arena.pids);
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
  const violations = arranged.isReady ? [] : ["replicas do not get used to what they are given"];
  if (!(await arena.isWhole(settlingLimitMs))) violations.push("a server does not serve any more");
  if (!(await arena.settles(settlingLimitMs))) violations.push("replicas or files are missing");

  const strikeCounts = struck.since ?? struckAt;
  const from = fault.countsFrom === "fault" ? strikeCounts : Math.max(healedAt, wholeAt);
  const leaderlessMs = longestGapMs(arena.files.landings, from);
  const waitedMs = wait.totalMs(arena.pids);
  const isOverloaded = leaderlessMs > fault.boundMs && leaderlessMs <= fault.boundMs + waitedMs;
  if (leaderlessMs > fault.boundMs && !isOverloaded) {
    const time = `no leader for ${leaderlessMs.toFixed(0)} ms, allowed are ${fault.boundMs}`;
    violations.push(`${time}, and ${waitedMs.toFixed(0)} were waited for a processor`);
  }
  if (!hasBitten(arena.files.landings, fault, struckAt, healedAt)) {
    violations.push("the fault did not bite: files went on landing");
  }
  violations.push(...(await overCapacity(arena)), ...((await struck.check?.()) ?? []));

  const verdict = arena.verdict();
  const overlaps = verdict.overlaps.slice(toldVerdict.overlaps.length);
  violations.push(
    ...overlaps.map(({ name, replica }) => `overlap: ${name} of ${replica ?? "?"} landed late`),
    ...verdict.contradictions.slice(toldVerdict.contradictions.length),
    ...arena.overlappingCommands.slice(toldCommands),
    ...arena.files.problems.slice(toldFiles),
    ...arena.contenders.flatMap(({ problems }, index) => problems.slice(told[index])),
  );
  return {
    fault: fault.name,
    detail: struck.detail,
    layout: arranged.layout,
    stateDir: arena.outfit.stateDir,
    leaderlessMs,
    waitedMs,
    isOverloaded,
    overlaps: overlaps.length,
    inert: verdict.inert.length - toldVerdict.inert.length,
    violations,
  };
}

/** Gives the replicas what the fault needs. Where a successor's files are seen, a fence helps. */
async function arrange(
  arena: Arena,
  fault: Fault,
  choice: SeededChoice,
  wanted: Layout | undefined,
): Promise<{ readonly layout: Layout; readonly isReady: boolean }> {
  const drawn = choice.fraction() < ownShare ? "own" : "shared";
  const layout = fault.layout ?? wanted ?? drawn;
  const kept = choice.fraction() < 1 / 2 ? "own" : "shared";
  const stateDir = { kept, none: "none", any: arena.outfit.stateDir } as const;
  const outfit: Outfit = {
    stateDir: stateDir[fault.stateDir ?? "any"],
    disk: fault.disk ?? "sound",
  };
  const isRearranged = arena.directory.arrange(layout);
  const isReequipped = await arena.equip(outfit);
  const isNew = isRearranged || isReequipped;
  return { layout, isReady: !isNew || (await arena.settles(settlingLimitMs)) };
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
  const deadline = performance.now() + calmingLimitMs;
  let kept = arena.files.kept;
  while (kept > capacity && performance.now() < deadline) {
    await Bun.sleep(5);
    kept = arena.files.kept;
  }
  return kept > capacity ? [`${kept} files are kept, ${capacity} are allowed`] : [];
}
