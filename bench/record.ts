import type { Compared } from "./comparison.ts";
import type { Machine } from "./machine.ts";

/** What a run leaves in its file, for plots and whoever reckons on. */
export interface BenchRecord {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seed: number;
  /** What a ratio or a verdict is undefined for is left out. */
  readonly rows: readonly Compared[];
  readonly own: readonly object[];
  readonly notes: readonly string[];
  /** The report as it was printed. */
  readonly text: string;
}
