/** What a contender is told on its standard input, one line of JSON, once. */
export interface Command {
  readonly measure: MeasureName;
  /** The node below which the nodes of this measure stand; it exists. */
  readonly path: string;
  /** How many operations, batches or watches. */
  readonly count: number;
}

export type MeasureName = "single" | "pipeline" | "watches" | "reconnect";

/** What a contender asks for while it measures: write to all watched nodes, cut the connection. */
export type Wish = "fire" | "cut";

/** One line of a contender's standard output. */
export type Line = { readonly ask: Wish } | Answer;

export interface Answer {
  /** By name: durations in ns by the contender's own monotonic clock, bytes, or counts. */
  readonly samples: Samples;
  /** Why there are no more of them; null when all went well. */
  readonly failed: string | null;
}

export type Samples = Readonly<Record<string, readonly number[]>>;

/** The same for every contender; kazoo-program.py has them too. */
export const dataBytes = 100;
export const sessionTimeoutMs = 10_000;
/** So many requests are in flight at most. */
export const batchSize = 1_000;

/** The nodes that are read and watched: their paths make 50,000 watches 1.6 MB. */
export function nodePath(parent: string, index: number): string {
  return `${parent}/node-${String(index).padStart(8, "0")}`;
}
