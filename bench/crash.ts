import { randomUUID } from "node:crypto";
import { ArrivalWatch } from "./arrival-watch.ts";
import type { EnsembleProbe } from "./ensemble-probe.ts";
import type { Findings } from "./figure.ts";
import type { ReplicaProcess } from "./replica-process.ts";
import type { Stage } from "./stage.ts";

const candidates = 3;
const limitMs = 60_000;
const aimMs = 1000;
/** What systemd waits with RestartSec=100ms. */
const restartAfterMs = 100;
const settleMs = { least: 500, most: 3_000 };

export interface CrashOptions {
  readonly rounds: number;
  /** Whether the replicas have a state directory, so that a restart releases what was held. */
  readonly stateDir: boolean;
}

/** SIGKILL of a supervised leader to the successor's first file, with the default session. */
export async function measureCrash(
  stage: Stage,
  probe: EnsembleProbe,
  { rounds, stateDir }: CrashOptions,
): Promise<Findings> {
  const name = stateDir ? "crash-released" : "crash";
  const path = `/${name}`;
  const fileDir = stage.directory(name);
  const flags = stateDir ? [`--state-dir=${stage.directory(`${name}-state`)}`] : [];
  using arrivals = new ArrivalWatch(fileDir);
  const replicas = new Map<string, ReplicaProcess>();
  const join = (): void => {
    const replica = stage.start(randomUUID(), path, fileDir, ["--leader-timeout=1s", ...flags]);
    replicas.set(replica.id, replica);
  };
  for (let index = 1; index <= candidates; index += 1) {
    join();
    await probe.untilInLine(path, index, limitMs);
  }

  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await Bun.sleep(settleMs.least + Math.random() * (settleMs.most - settleMs.least));
    const { latest } = arrivals;
    const leader = replicas.get(latest?.replica ?? "");
    if (latest === undefined || leader === undefined) throw new Error("nobody of ours leads");
    const arrival = arrivals.next(latest.epoch, limitMs);
    const killedAt = performance.now();
    process.kill(leader.pid, "SIGKILL");
    await leader.exited;
    replicas.delete(leader.id);
    await Bun.sleep(restartAfterMs);
    join();
    samples.push((await arrival).at - killedAt);
    await probe.untilInLine(path, candidates, limitMs);
  }
  await stage.stop();
  return {
    figures: [
      {
        measure: `SIGKILL to successor's first file, ${stateDir ? "with" : "without"} state-dir`,
        unit: "ms",
        samples,
        aim: stateDir ? aimMs : undefined,
      },
    ],
    notes: stateDir
      ? ["SIGKILL: 3 supervised processes, restarted after 100 ms; a session of 10 s."]
      : [],
  };
}
