import { readFileSync } from "node:fs";
import type { EnsembleProbe } from "./ensemble-probe.ts";
import type { Findings } from "./figure.ts";
import type { ReplicaProcess } from "./replica-process.ts";
import type { Stage } from "./stage.ts";

const residentAimMiB = 60;
const processorAimMs = 100;
const limitMs = 30_000;
/** A waiting replica compiles what it runs often in its first seconds, and then no more. */
const settleMs = 20_000;
/** What one unit of utime and stime is. Source: proc(5), USER_HZ is 100 wherever Linux runs. */
const tickMs = 10;

/** What a replica costs that only waits, while another one leads. */
export async function measureIdle(
  stage: Stage,
  probe: EnsembleProbe,
  seconds: number,
): Promise<Findings> {
  const path = "/idle";
  const fileDir = stage.directory("idle");
  const first = async (id: string, place: number, flags: readonly string[]) => {
    const replica = stage.start(id, path, fileDir, flags);
    await probe.untilInLine(path, place, limitMs);
    return replica;
  };
  await first("leader", 1, []);
  const idle = await first("idle", 2, []);
  const eager = await first("eager", 3, ["--attempter-timeout=500ms", "--log-level=debug"]);
  await Bun.sleep(settleMs);

  const [zxid, renewals] = [await probe.zxid(), await probe.renewals(path)];
  const [attempts, processorMs] = [attemptsOf(eager), processorTimeMs(idle.pid)];
  const resident: number[] = [];
  const startedAt = performance.now();
  for (let second = 1; second <= seconds; second += 1) {
    await Bun.sleep(startedAt + second * 1_000 - performance.now());
    resident.push(residentMiB(idle.pid));
  }
  const minutes = (performance.now() - startedAt) / 60_000;
  const spentMs = processorTimeMs(idle.pid) - processorMs;
  const renewed = (await probe.renewals(path)) - renewals;
  const written = Number((await probe.zxid()) - zxid);
  const attempted = attemptsOf(eager) - attempts;
  await stage.stop();

  return {
    figures: [
      {
        measure: `quorum writes of waiting replicas, ${attempted} attempts`,
        unit: "",
        samples: [written - renewed],
        aim: 0,
      },
      {
        measure: "idle replica: resident memory",
        unit: "MiB",
        samples: resident,
        aim: residentAimMiB,
      },
      {
        measure: "idle replica: processor time a minute",
        unit: "ms",
        samples: [spentMs / minutes],
        aim: processorAimMs,
      },
    ],
    notes: [
      `Idle: over ${seconds} s, from ${settleMs / 1_000} s after its start on, beside a leader, ` +
        "first in line behind it, with default options. " +
        `In that time the ensemble committed ${written} writes, and ${renewed} of them were the ` +
        "leader's renewals (the version of its node). A third replica attempts every 500 ms, and " +
        "its attempts are the ones counted.",
    ],
  };
}

function attemptsOf(replica: ReplicaProcess): number {
  return replica.log.split('"event":"attempt"').length - 1;
}

/** Source: proc(5), VmRSS of /proc/pid/status. */
function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1]) / 1_024;
}

/** Source: proc(5), fields 14 and 15 of /proc/pid/stat, all threads together. */
function processorTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
