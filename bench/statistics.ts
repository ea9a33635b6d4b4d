/** What a set of samples comes to; nearest-rank, so every figure is one that was measured. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** @param samples at least one */
export function summaryOf(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((one, other) => one - other);
  const { length } = sorted;
  if (length === 0) throw new Error("there is no median of no samples");
  const at = (rank: number): number => sorted[rank - 1] ?? Number.NaN;
  const middle = Math.ceil(length / 2);
  const median = length % 2 === 1 ? at(middle) : (at(middle) + at(middle + 1)) / 2;
  return { count: length, median, p95: at(Math.ceil(length * 0.95)), max: at(length) };
}
