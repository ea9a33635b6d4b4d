import { unreachable } from "../../src/base/unreachable.ts";
import type { Sample } from "./sample.ts";
import { type Period, type Trend, trendOf } from "./trend.ts";

/** What must stay flat, and in which samples it is looked at. */
export interface Measure {
  readonly name: string;
  readonly unit: "MiB" | "";
  readonly of: (sample: Sample) => number;
  /** The state that the replica is in; any, when left out. */
  readonly state?: "Attempter" | "Leader";
  /** The growth of the median that is allowed, given the one of the first quarter. */
  readonly allowed: (first: number) => number;
}

/** One line of the table: a measure of one replica. */
export interface Finding {
  readonly replica: string;
  readonly measure: Measure;
  readonly trend: Trend;
}

/** The collector frees when it thinks fit, so the resident memory breathes. */
const memoryTolerance = 0.1;
/** A single one more may be a median between two values; a leak does not stop at one. */
const countTolerance = 1;

const counts = [
  { name: "descriptors", of: ({ descriptors }: Sample) => descriptors },
  { name: "pending timers", of: ({ timers }: Sample) => timers },
  { name: "pending requests", of: ({ requests }: Sample) => requests },
] as const;

/**
 * A replica that leads needs more timers than one in line. What it holds is compared with what it
 * held in the same state, so that it does not matter how long it led in which quarter.
 */
export const measures: readonly Measure[] = [
  {
    name: "resident memory",
    unit: "MiB",
    of: ({ residentMiB }) => residentMiB,
    allowed: (first) => first * memoryTolerance,
  },
  ...(["Attempter", "Leader"] as const).flatMap((state) =>
    counts.map(({ name, of }) => ({
      name: `${name}, ${state === "Leader" ? "leading" : "in line"}`,
      unit: "" as const,
      of,
      state,
      allowed: () => countTolerance,
    })),
  ),
];

/** Judges every measure of a replica whose one process lived through the whole period. */
export function findingsOf(
  replica: string,
  samples: readonly Sample[],
  period: Period,
): readonly Finding[] {
  return measures.map((measure) => {
    const { state, of, allowed } = measure;
    const readings = samples
      .filter((sample) => state === undefined || sample.state === state)
      .map((sample) => ({ at: sample.at, value: of(sample) }));
    return { replica, measure, trend: trendOf(readings, period, allowed) };
  });
}

/** What is wrong with it, as a sentence; undefined when it is flat. */
export function complaintOf({ replica, measure, trend }: Finding): string | undefined {
  const what = `${replica}: ${measure.name}`;
  switch (trend.kind) {
    case "flat":
      return undefined;
    case "unknown":
      return `${what}: too few samples in the first or the last quarter to judge`;
    case "growing": {
      const { first, last } = trend;
      const [from, to, more] = [first, last, measure.allowed(first)].map(rounded);
      const unit = measure.unit === "" ? "" : ` ${measure.unit}`;
      return `${what}: from ${from} to ${to}${unit}, where ${more}${unit} more are allowed`;
    }
    default:
      return unreachable(trend);
  }
}

export function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
