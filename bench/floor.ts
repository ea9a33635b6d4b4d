import { LocalDisk } from "../src/disk/local-disk.ts";
import type { EnsembleProbe } from "./ensemble-probe.ts";
import type { Findings } from "./figure.ts";
import type { Stage } from "./stage.ts";

const pauseMs = 20;

/** What nothing can be faster than here: a hand-over is two commits and one durable file. */
export async function measureFloor(
  stage: Stage,
  probe: EnsembleProbe,
  rounds: number,
): Promise<Findings> {
  const commits: number[] = [];
  const files: number[] = [];
  const disk = new LocalDisk(stage.directory("floor"));
  await probe.create("/floor");
  for (let round = 0; round < rounds; round += 1) {
    commits.push(await probe.timedWrite("/floor"));
    await Bun.sleep(pauseMs);
    const startedAt = performance.now();
    await disk.writeDurably(".unfinished", "a file of about the size that leaders write\n");
    await disk.publish(".unfinished", `${round}`);
    files.push(performance.now() - startedAt);
    await Bun.sleep(pauseMs);
  }
  return {
    figures: [
      {
        measure: "to compare: one commit of the ensemble",
        unit: "ms",
        samples: commits,
        aim: undefined,
      },
      { measure: "to compare: one durable file", unit: "ms", samples: files, aim: undefined },
    ],
    notes: [],
  };
}
