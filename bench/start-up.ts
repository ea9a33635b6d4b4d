import type { Epoch } from "../src/election/coordinator.ts";
import { ArrivalWatch } from "./arrival-watch.ts";
import type { Findings } from "./figure.ts";
import type { Stage } from "./stage.ts";

const aimMs = 250;
const limitMs = 30_000;
const mostPauseMs = 200;

/** Start of the binary to its first file, each time on an empty path and directory. */
export async function measureStartUp(stage: Stage, rounds: number): Promise<Findings> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const path = `/start-up-${round}`;
    const fileDir = stage.directory(path.slice(1));
    using arrivals = new ArrivalWatch(fileDir);
    await Bun.sleep(Math.random() * mostPauseMs);

    const arrival = arrivals.next(-1n as Epoch, limitMs);
    const startedAt = performance.now();
    stage.start("starter", path, fileDir);
    samples.push((await arrival).at - startedAt);
    await stage.stop();
  }
  return {
    figures: [
      { measure: "start of the binary to its first file", unit: "ms", samples, aim: aimMs },
    ],
    notes: [
      "Start: a new process with default options on an empty service path and directory of a " +
        "running ensemble; the binary is in the page cache.",
    ],
  };
}
