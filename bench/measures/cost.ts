import type { CandidateProcess } from "../peers/candidate-process.ts";
import type { Contender } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { localPorts, type Memory, memoryOf, ProcessorTime } from "../peers/process-group.ts";
import { Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const candidates = 3;
const intervalMs = 1_000;
/** Runtimes compile what they run often in their first seconds, and then no more. */
const settleMs = 20_000;
const windows = 10;
const windowMs = 6_000;
/** Windows in which quorum writes are counted: of a leader alone, and beside waiting ones. */
const countingMs = { alone: 6_000, beside: 12_000, between: 1_000 };
const perMinute = 60_000;

/** Memory, processor time and requests, of a leader and of those who wait beside it. */
export async function costs(grounds: Grounds, contender: Contender): Promise<Samples> {
  await using service = new Service(grounds, contender, "cost", { intervalMs });
  await service.joinAll(candidates);
  await Bun.sleep(settleMs);
  const { process: leader } = service.leader;
  const waiting = service.processes.filter((candidate) => candidate !== leader);
  const [ofWaiting, ofLeader] = await Promise.all([
    bills(grounds, waiting),
    bills(grounds, [leader]),
  ]);
  const onZooKeeper = contender.line.kind !== "etcd";
  const samples = (role: string, of: readonly Bill[]): Samples => ({
    [`${role}-resident`]: of.map(({ residentMiB }) => residentMiB),
    [`${role}-proportional`]: of.map(({ proportionalMiB }) => proportionalMiB),
    [`${role}-processor`]: of.map(({ processorMs }) => processorMs),
    [`${role}-requests`]: onZooKeeper ? of.map(({ requests }) => requests) : [],
  });
  return { ...samples("waiting", ofWaiting), ...samples("leader", ofLeader) };
}

/**
 * Quorum writes a minute. Those of a leader are counted while it is alone; those of a waiting one
 * are what comes on top while two wait. The daemon's leader renews by writes, which its node counts.
 */
export async function quorumWrites(grounds: Grounds, contender: Contender): Promise<Samples> {
  await using service = new Service(grounds, contender, "writes", { intervalMs });
  const counted = async (forMs: number) => {
    await Bun.sleep(countingMs.between);
    const from = await writesSoFar(grounds, service);
    const startedAt = performance.now();
    await Bun.sleep(forMs);
    const rate = perMinute / (performance.now() - startedAt);
    const to = await writesSoFar(grounds, service);
    const all = Number(to.commits - from.commits);
    return { all: all * rate, beyondRenewals: (all - to.renewals + from.renewals) * rate };
  };
  await service.joinAll(1);
  const alone = await counted(countingMs.alone);
  await service.joinAll(candidates - 1, 1);
  const beside = await counted(countingMs.beside);
  const more = (beside.beyondRenewals - alone.beyondRenewals) / (candidates - 1);
  return { "leader-writes": [alone.all], "waiting-writes": [Math.max(0, more)] };
}

/** Both numbers of one moment: a renewal between the two readings would count for only one. */
async function writesSoFar(grounds: Grounds, { contender, path }: Service) {
  const renewals = async (): Promise<number> =>
    contender.name === "election" ? await grounds.probe.renewals(path) : 0;
  for (;;) {
    const before = await renewals();
    const commits = await grounds.commits(contender);
    if ((await renewals()) === before) return { commits, renewals: before };
  }
}

/** What one candidate cost in one window. Processor time and requests are told for a minute. */
interface Bill extends Memory {
  readonly processorMs: number;
  readonly requests: number;
}

async function bills(grounds: Grounds, of: readonly CandidateProcess[]): Promise<readonly Bill[]> {
  const all: Bill[] = [];
  let before = await ledger(grounds, of);
  for (let window = 0; window < windows; window += 1) {
    await Bun.sleep(windowMs);
    const after = await ledger(grounds, of);
    const rate = perMinute / (after.at - before.at);
    for (const [index, { pids }] of of.entries()) {
      const [from, to] = [before.entries[index], after.entries[index]];
      if (from === undefined || to === undefined) continue;
      all.push({
        ...memoryOf(pids),
        processorMs: from.processor.until(to.processor) * rate,
        requests: (to.requests - from.requests) * rate,
      });
    }
    before = after;
  }
  return all;
}

async function ledger(grounds: Grounds, of: readonly CandidateProcess[]) {
  const connections = await grounds.probe.connections();
  const entries = of.map(({ pids }) => {
    const requests = connections.receivedFrom(localPorts(pids));
    return { processor: new ProcessorTime(pids), requests };
  });
  return { at: performance.now(), entries };
}
