/** One line of the table: what was measured, how often, and what it should come to. */
export interface Figure {
  readonly measure: string;
  readonly unit: "ms" | "MiB" | "MB" | "";
  readonly samples: readonly number[];
  /** The median must not be above it; undefined for what is there to compare with. */
  readonly aim: number | undefined;
}

/** What one part of the benchmark found out. */
export interface Findings {
  readonly figures: readonly Figure[];
  /** How it was measured: full sentences. */
  readonly notes: readonly string[];
}
