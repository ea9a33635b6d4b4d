import { summaryOf } from "../../bench/statistics.ts";

/** One value of a series. */
export interface Reading {
  /** `performance.now()` of the observer. */
  readonly at: number;
  readonly value: number;
}

/** A span of the observer's time. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What a series came to: the medians of the first and of the last quarter of a period. */
export type Trend =
  | { readonly kind: "flat" | "growing"; readonly first: number; readonly last: number }
  /** Too little was read in one of the quarters to say anything. */
  | { readonly kind: "unknown" };

/** Fewer readings in a quarter have no median worth the name. */
const leastReadings = 5;

/**
 * Whether a series stays flat: its median in the last quarter of the period may be above the one
 * in the first by what is allowed, and below it by anything. Medians, because a fault that lasts
 * while something is read says nothing about what remains of it.
 *
 * @param allowed the growth that is none, given the median of the first quarter
 */
export function trendOf(
  readings: readonly Reading[],
  period: Period,
  allowed: (first: number) => number,
): Trend {
  const [first, last] = [firstQuarter(period), lastQuarter(period)].map((quarter) => {
    const values = readings.filter(({ at }) => within(quarter, at)).map(({ value }) => value);
    return values.length < leastReadings ? undefined : summaryOf(values).median;
  });
  if (first === undefined || last === undefined) return { kind: "unknown" };
  return { kind: last - first > allowed(first) ? "growing" : "flat", first, last };
}

export function firstQuarter({ from, to }: Period): Period {
  return { from, to: from + (to - from) / 4 };
}

export function lastQuarter({ from, to }: Period): Period {
  return { from: to - (to - from) / 4, to };
}

export function within({ from, to }: Period, at: number): boolean {
  return at >= from && at < to;
}
