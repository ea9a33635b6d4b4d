import { crowdSizes } from "../rows.ts";
import { blackHoles } from "./black-hole.ts";
import { costs, quorumWrites } from "./cost.ts";
import { ensembleLeaderKilled, ensembleRestarted } from "./ensemble.ts";
import { handOvers } from "./hand-over.ts";
import { kills, releasedKills } from "./kill.ts";
import { pauses } from "./pause.ts";
import { allTogether, type MeasureOptions, oneByOne, type Results } from "./samples.ts";
import { startUps } from "./start-up.ts";

export interface Measure {
  /** What MEASURES calls it. */
  readonly name: string;
  readonly measure: (options: MeasureOptions) => Promise<Results>;
}

/** In the order in which they are taken: what takes milliseconds comes last. */
export const measures: readonly Measure[] = [
  { name: "kill", measure: (options) => allTogether(options, kills) },
  { name: "black-hole", measure: (options) => allTogether(options, blackHoles) },
  { name: "pause", measure: (options) => allTogether(options, pauses) },
  { name: "ensemble-leader", measure: ensembleLeaderKilled },
  { name: "ensemble-restart", measure: ensembleRestarted },
  { name: "writes", measure: (options) => oneByOne(options, quorumWrites) },
  { name: "cost", measure: (options) => allTogether(options, costs) },
  { name: "kill-released", measure: (options) => oneByOne(options, releasedKills) },
  { name: "start", measure: (options) => oneByOne(options, startUps) },
  ...crowdSizes.map((size) => ({
    name: `term-${size}`,
    measure: (options: MeasureOptions) => oneByOne(options, handOvers(size)),
  })),
];
