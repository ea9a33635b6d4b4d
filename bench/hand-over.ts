import { randomUUID } from "node:crypto";
import { ArrivalWatch } from "./arrival-watch.ts";
import { startCrowd } from "./crowd-process.ts";
import type { EnsembleProbe } from "./ensemble-probe.ts";
import type { Findings } from "./figure.ts";
import type { ReplicaProcess } from "./replica-process.ts";
import type { Stage } from "./stage.ts";

const aimMs = 30;
const limitMs = 60_000;
/** How long before the signal the counters are read, and how long after the exit again. */
const countingMarginMs = 100;
/**
 * Between two rounds we wait for a random time within these bounds. They are one interval of
 * renewals apart (a quarter of the default session), so that no phase of them is favoured.
 */
const settleMs = { least: 500, most: 3_000 };

export interface HandOverOptions {
  /** How many replicas compete in all. */
  readonly candidates: number;
  /** How many of them are processes of the compiled binary; they are the first in line. */
  readonly processes: number;
  readonly rounds: number;
}

interface Round {
  readonly handOverMs: number;
  readonly quorumWrites: number;
  readonly watchesFired: number;
}

/** SIGTERM of the leader to the successor's first file, as a reader of the directory sees it. */
export async function measureHandOver(
  stage: Stage,
  probe: EnsembleProbe,
  options: HandOverOptions,
): Promise<Findings> {
  const { candidates, processes, rounds } = options;
  const path = `/hand-over-${candidates}`;
  const fileDir = stage.directory(path.slice(1));
  using arrivals = new ArrivalWatch(fileDir);
  const replicas = new Map<string, ReplicaProcess>();
  const join = (): void => {
    const replica = stage.start(randomUUID(), path, fileDir, ["--leader-timeout=1s"]);
    replicas.set(replica.id, replica);
  };
  for (let index = 1; index <= processes; index += 1) {
    join();
    await probe.untilInLine(path, index, limitMs);
  }
  await using crowd = startCrowd({ stage, path, fileDir, size: candidates - processes });
  await Promise.race([probe.untilInLine(path, candidates, limitMs), crowd.failed]);

  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { least, most } = settleMs;
    await Bun.sleep(least + Math.random() * (most - least));
    const leader = replicas.get(arrivals.latest?.replica ?? "");
    if (leader === undefined) throw new Error(`${arrivals.latest?.replica} leads: no process`);
    measured.push(await handOver(probe, arrivals, leader));
    replicas.delete(leader.id);
    join();
    await probe.untilInLine(path, candidates, limitMs);
  }
  await stage.stop();
  return findings(options, measured);
}

async function handOver(
  probe: EnsembleProbe,
  arrivals: ArrivalWatch,
  leader: ReplicaProcess,
): Promise<Round> {
  const epoch = arrivals.latest?.epoch;
  if (epoch === undefined) throw new Error("nobody has led yet");
  const [zxid, fired] = await Promise.all([probe.zxid(), probe.watchesFired()]);
  await Bun.sleep(countingMarginMs);

  const arrival = arrivals.next(epoch, limitMs);
  const signalledAt = performance.now();
  process.kill(leader.pid, "SIGTERM");
  const handOverMs = (await arrival).at - signalledAt;

  await leader.exited;
  await Bun.sleep(countingMarginMs);
  const [laterZxid, laterFired] = await Promise.all([probe.zxid(), probe.watchesFired()]);
  return {
    handOverMs,
    quorumWrites: Number(laterZxid - zxid),
    watchesFired: laterFired - fired,
  };
}

function findings(options: HandOverOptions, measured: readonly Round[]): Findings {
  const { candidates, processes } = options;
  const crowd = candidates - processes;
  const composition =
    crowd === 0
      ? `${candidates} candidates: all are processes of the compiled binary.`
      : `${candidates} candidates: ${processes} processes of the compiled binary stand in line ` +
        `first, so the leader and its successor always are such; the ${crowd} behind them are ` +
        "real candidates too (states, client and session each), in one more process.";
  return {
    figures: [
      {
        measure: `SIGTERM to successor's first file, ${candidates} candidates`,
        unit: "ms",
        samples: measured.map(({ handOverMs }) => handOverMs),
        aim: aimMs,
      },
      {
        measure: `quorum writes of that, ${candidates} candidates`,
        unit: "",
        samples: measured.map(({ quorumWrites }) => quorumWrites),
        aim: undefined,
      },
      {
        measure: `watches fired by that, ${candidates} candidates`,
        unit: "",
        samples: measured.map(({ watchesFired }) => watchesFired),
        aim: undefined,
      },
    ],
    notes: [composition],
  };
}
