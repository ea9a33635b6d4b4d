import type { Contender } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { limitMs, Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const intervalMs = 1_000;
/** How long before the strike the counters are read, and how long after the exit again. */
const countingMarginMs = 30;
/** One interval of everybody's pings and renewals apart, so that no phase of them is favoured. */
const settleMs = { least: 200, most: 1_600 };
/** How long many candidates may take to come to stand in line. */
const crowdingLimitMs = 150_000;

interface HandOver {
  readonly handOverMs: number;
  readonly quorumWrites: number;
  /** This and the next one are undefined where nobody counts them. */
  readonly watchesFired: number | undefined;
  /** Of the candidates that stay, pings left out. */
  readonly requests: number | undefined;
}

/** SIGTERM of the leader to the successor's first effect, with so many candidates. */
export function handOvers(
  candidates: number,
): (grounds: Grounds, contender: Contender, rounds: number) => Promise<Samples> {
  return async (grounds, contender, rounds) => {
    if (candidates > contender.most.candidates) throw new Error(contender.most.because);
    const label = `hand-over-${candidates}`;
    const random = grounds.random.fork(`${label} ${contender.name}`);
    await using service = new Service(grounds, contender, label, { intervalMs });
    const isCrowd = contender.endsInCrowd && candidates > 3;
    // Whoever leads in a round, and whoever follows, is a process of its own where there is a line.
    const singles = isCrowd ? 0 : Math.min(candidates, rounds + 1);
    await service.joinAll(singles);
    if (candidates > singles) await service.joinCrowd(candidates - singles);
    await service.untilStanding(candidates, crowdingLimitMs);
    await service.untilLed();

    const measured: HandOver[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await Bun.sleep(random.between(settleMs.least, settleMs.most));
      measured.push(await handOver(grounds, service));
      if (isCrowd) continue;
      await service.join();
      await service.untilStanding(candidates);
    }
    return samplesOf(candidates, measured);
  };
}

async function handOver(grounds: Grounds, service: Service): Promise<HandOver> {
  const { contender } = service;
  const before = await counters(grounds, contender);
  await Bun.sleep(countingMarginMs);

  const { process: leader, effect } = service.leader;
  const successor = service.effects.next(({ term }) => term !== effect.term, limitMs);
  const endedAt = performance.now();
  const isProcess = leader.name === effect.candidate;
  if (isProcess) service.strike(leader, "SIGTERM");
  else await leader.tell(`end ${effect.candidate}`);
  const handOverMs = (await successor).at - endedAt;

  if (isProcess) await service.gone([leader]);
  await Bun.sleep(countingMarginMs);
  const after = await counters(grounds, contender);
  const onZooKeeper = contender.line.kind !== "etcd";
  return {
    handOverMs,
    quorumWrites: Number(after.commits - before.commits),
    watchesFired: onZooKeeper ? after.fired - before.fired : undefined,
    requests: onZooKeeper ? before.connections.requestsUntil(after.connections) : undefined,
  };
}

async function counters(grounds: Grounds, contender: Contender) {
  const { probe } = grounds;
  const [commits, fired, connections] = await Promise.all([
    grounds.commits(contender),
    probe.watchesFired(),
    probe.connections(),
  ]);
  return { commits, fired, connections };
}

function samplesOf(candidates: number, measured: readonly HandOver[]): Samples {
  const named = (what: keyof HandOver): readonly number[] =>
    measured.map((one) => one[what]).filter((value) => value !== undefined);
  return {
    [`term-${candidates}-ms`]: named("handOverMs"),
    [`term-${candidates}-writes`]: named("quorumWrites"),
    [`term-${candidates}-watches`]: named("watchesFired"),
    [`term-${candidates}-requests`]: named("requests"),
  };
}
