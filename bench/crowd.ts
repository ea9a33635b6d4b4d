import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { aborted } from "../src/base/scope.ts";
import type { ReplicaId, ReplicaInfo } from "../src/election/ports/coordinator.ts";
import { run } from "../src/election/machine.ts";
import { RepairBudget } from "../src/election/repair-budget.ts";
import type { Context } from "../src/election/state.ts";
import { StepDown } from "../src/election/step-down.ts";
import { LeaderFiles } from "../src/files/leader-files.ts";
import { LocalDisk } from "../src/disk/local-disk.ts";
import { RealScheduler } from "../src/system/real-scheduler.ts";
import { parseConnectionString } from "../src/zookeeper/connection-string.ts";
import { ZooKeeperCoordinator } from "../src/coordination/zookeeper/coordinator.ts";
import { TcpTransport } from "../src/zookeeper/transport/tcp-transport.ts";

/**
 * Many candidates in one process: each with the states, the client, the session and the duty of a
 * real replica, only without its log and its metrics. Ends when its standard input does.
 */

/** A pause between two starts, so that the service is not flooded by all at once. */
const startPauseMs = 10;
const observer = { observe: (): void => undefined };

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "" },
    path: { type: "string", default: "" },
    "file-dir": { type: "string", default: "" },
    size: { type: "string", default: "0" },
    "session-timeout": { type: "string", default: "10000" },
  },
});
const stop = new AbortController();
const running: Promise<void>[] = [];

void endOfInput().then(() => stop.abort());
process.on("SIGTERM", () => stop.abort());
for (let index = 0; index < Number(values.size) && !stop.signal.aborted; index += 1) {
  running.push(compete(`crowd-${index}` as ReplicaId));
  await Bun.sleep(startPauseMs);
}
await aborted(stop.signal);
await Promise.all(running);
process.exit(0);

async function compete(replica: ReplicaId): Promise<void> {
  const status = await run(candidate(replica));
  if (!stop.signal.aborted) process.stderr.write(`${replica} ended: ${status.reason}\n`);
}

function candidate(replica: ReplicaId): Context {
  const scheduler = new RealScheduler();
  const { servers } = parseConnectionString(values.servers);
  const describe = (): ReplicaInfo => ({
    replica,
    host: hostname(),
    pid: process.pid,
    httpAddress: null,
    since: scheduler.wallClock().toISOString(),
  });
  const coordinator = new ZooKeeperCoordinator({
    servers,
    transport: new TcpTransport(),
    scheduler,
    observer,
    basePath: values.path,
    sessionTimeoutMs: Number(values["session-timeout"]),
    describe,
  });
  const duty = new LeaderFiles({
    service: "/crowd",
    disk: new LocalDisk(values["file-dir"]),
    scheduler,
    observer,
    replica,
    host: hostname(),
    limits: { leaderTimeoutMs: 1_000, storageCapacity: 10 },
  });
  const timings = { attempterTimeoutMs: 10_000, failoverTimeoutMs: 1_000, stopTimeoutMs: 8_000 };
  const budget = new RepairBudget(() => 10);
  const stepDown = new StepDown();
  return {
    scheduler,
    coordinator,
    duty,
    dutyEndMs: 0,
    dutyProblem: undefined,
    observer,
    budget,
    timings,
    stepDown,
    stop: stop.signal,
  };
}

async function endOfInput(): Promise<void> {
  for await (const _chunk of Bun.stdin.stream()) {
    // Nothing is ever written to it.
  }
}
