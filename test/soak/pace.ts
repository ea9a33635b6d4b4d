import { summaryOf } from "../../bench/statistics.ts";
import type { Landing } from "../chaos/judge/verdict.ts";
import { firstQuarter, lastQuarter, type Period, within } from "./trend.ts";

/** How evenly files came. */
export interface Pace {
  /** How many leaderships were long enough to be looked at. */
  readonly leaderships: number;
  /** How many files they wrote. */
  readonly files: number;
  /** How many moments of the pace passed without a file, as a share of all of them. */
  readonly skipped: number;
  /** The mean interval, skipped moments aside, over the leader's timeout, less 1. */
  readonly drift: number;
}

/** One leadership, or the part of it that was looked at. */
interface Reign {
  /** The intervals between its files. */
  readonly files: number;
  /** Moments of the pace between its first and its last file. */
  readonly moments: number;
  /** How much later than the pace its end was than its beginning, in milliseconds. */
  readonly lateMs: number;
}

/** The ends of a shorter leadership are too near to each other to tell drift from jitter. */
const leastFiles = 50;
/** Of a leadership, this share at either end is looked at for its drift. */
const endShare = 0.1;
/** So many files in a row are late, or none of them is. */
const patience = 5;
/** The pace is kept by a clock, so nothing accumulates but the two clocks' difference. */
const driftTolerance = 0.001;
/** A leader that gets no processor for a whole interval leaves moments out, by design. */
const skippedTolerance = 0.02;

/** The pace of all leaderships in a period; a leadership counts by its part in it. */
export function paceOf(landings: readonly Landing[], period: Period, paceMs: number): Pace {
  const inside = landings.filter(({ at }) => within(period, at));
  const reigns = Map.groupBy(inside, ({ epoch }) => epoch)
    .values()
    .toArray()
    .filter(({ length }) => length >= leastFiles)
    .map((files) => reignOf(files, paceMs));
  const sum = (of: (reign: Reign) => number): number =>
    reigns.reduce((total, reign) => total + of(reign), 0);
  const [files, moments] = [sum((reign) => reign.files), sum((reign) => reign.moments)];
  return {
    leaderships: reigns.length,
    files: files + reigns.length,
    skipped: (moments - files) / moments,
    drift: sum(({ lateMs }) => lateMs) / (moments * paceMs),
  };
}

/** What is wrong with the pace, as sentences. */
export function paceComplaints(
  landings: readonly Landing[],
  period: Period,
  paceMs: number,
): readonly string[] {
  const quarters = [
    { name: "first", pace: paceOf(landings, firstQuarter(period), paceMs) },
    { name: "last", pace: paceOf(landings, lastQuarter(period), paceMs) },
  ];
  return quarters.flatMap(({ name, pace }) => {
    const where = `the file pace in the ${name} quarter`;
    if (pace.leaderships === 0) return [`${where}: no leadership was long enough to judge`];
    const drifts = Math.abs(pace.drift) > driftTolerance;
    const skips = pace.skipped > skippedTolerance;
    return [
      ...(drifts ? [`${where} drifts by ${percent(pace.drift)} (${percent(driftTolerance)})`] : []),
      ...(skips
        ? [`${where} leaves out ${percent(pace.skipped)} (${percent(skippedTolerance)})`]
        : []),
    ];
  });
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}

function reignOf(files: readonly Landing[], paceMs: number): Reign {
  const [firstAt, firstSequence] = [files[0]?.at ?? 0, sequenceOf(files[0])];
  // By how much each file is later than the pace counted from the first one.
  const lags = files.map((file) => {
    return file.at - firstAt - (sequenceOf(file) - firstSequence) * paceMs;
  });
  let leftOut = 0;
  let before = 0;
  const lateMs = lags.map((_, index) => {
    // One file, or its observer, may be late, and the next are not: what is lost for good stays.
    const lag = Math.min(...lags.slice(index, index + patience));
    if (lag - before > paceMs / 2) leftOut += Math.round((lag - before) / paceMs);
    before = lag;
    return lag - leftOut * paceMs;
  });
  const some = Math.ceil(files.length * endShare);
  const [begin, end] = [summaryOf(lateMs.slice(0, some)), summaryOf(lateMs.slice(-some))];
  const written = sequenceOf(files.at(-1)) - firstSequence;
  return {
    files: written,
    moments: written + leftOut,
    // From the middle of one end to the middle of the other, stretched to the whole.
    lateMs: (end.median - begin.median) / (1 - endShare),
  };
}

/** The leader's own count, so that a file that the observer did not see is not missed. */
function sequenceOf(landing: Landing | undefined): number {
  return Number.parseInt(landing?.name.split("-")[1] ?? "", 10);
}
