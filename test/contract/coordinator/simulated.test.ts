import { test } from "bun:test";
import { Ensemble } from "../../simulation/ensemble/ensemble.ts";
import { Life } from "../../simulation/referee/life.ts";
import { Timeline } from "../../simulation/timeline.ts";
import type { Link } from "../../simulation/world/link.ts";
import { Random } from "../../simulation/world/random.ts";
import { SimulatedNetwork } from "../../simulation/world/simulated-network.ts";
import { SimulatedScheduler } from "../../simulation/world/simulated-scheduler.ts";
import { contract } from "./clauses.ts";
import { Play } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";
import { type ReplicaSeat, zooKeeperReplica } from "./zookeeper-replica.ts";

const sessionTimeoutMs = 4_000;
const tickMs = 500;
const findingTogetherMs = 3_000;
const limitMs = 120_000;
const seeds = Array.from({ length: 8 }, (_, index) => index + 1);

test.each(contract)("contract, simulated ZooKeeper: $name", async ({ check }) => {
  for (const seed of seeds) await onModel(seed, check);
});

async function onModel(seed: number, check: CoordinatorClause["check"]): Promise<void> {
  const timeline = new Timeline();
  const random = new Random(seed, "coordinator contract");
  const network = new SimulatedNetwork(timeline, random.fork("network"));
  const options = { size: 3, tickMs, syncLimit: 10, pingsOvertake: false };
  const ensemble = new Ensemble(timeline, random.fork("ensemble"), network, options);
  const servers = ensemble.servers.map(({ host }) => ({ host, port: 2181 }));
  // The servers find together before anybody comes.
  while (timeline.step(findingTogetherMs));
  const play = new Play({
    replica: (id) => {
      const seat = seatOf(`host-of-${id}`, seed % 2 === 0, timeline, network, random, servers);
      return zooKeeperReplica(id, { servers, path: "/contract", sessionTimeoutMs }, seat);
    },
    scheduler: new SimulatedScheduler(timeline, new Life(), random.fork("stage"), 1),
    // Latency, a split frame, a timer that is late.
    slackMs: 300,
    forgottenMs: sessionTimeoutMs + 1.5 * tickMs,
  });
  const progress = { over: false };
  const checking = check(play)
    .then(() => play.end())
    .finally(() => {
      progress.over = true;
    });
  // It is awaited below: until then a failure is nobody's.
  checking.catch(() => undefined);
  // Simulated time passes while the clauses wait, a step with every turn of the loop.
  while (!progress.over && timeline.now < limitMs) {
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        timeline.step(limitMs);
        resolve();
      });
    });
  }
  if (!progress.over) throw new Error(`seed ${seed} waits for something that does not come`);
  await checking;
}

/** A machine with one process. Its connections break with a word or, on every second seed, without. */
function seatOf(
  host: string,
  breaksSilently: boolean,
  timeline: Timeline,
  network: SimulatedNetwork,
  random: Random,
  servers: readonly { readonly host: string }[],
): ReplicaSeat {
  const life = new Life();
  const streams = new Set<Link>();
  const clock = random.fork(`clock of ${host}`);
  const rate = 1 + clock.between(-0.01, 0.01);
  const undo: (() => void)[] = [];
  const cutPath = (from: string, to: string): void => {
    network.cut(from, to);
    undo.push(() => network.heal(from, to));
  };
  const cut = (): void => {
    for (const server of servers) {
      cutPath(host, server.host);
      cutPath(server.host, host);
    }
    if (!breaksSilently) for (const link of streams) link.reset();
  };
  return {
    scheduler: new SimulatedScheduler(timeline, life, clock, rate),
    transport: network.transportOf(host, life, streams),
    cut,
    deafen: () => {
      for (const server of servers) cutPath(server.host, host);
    },
    heal: () => {
      for (const heal of undo.splice(0)) heal();
    },
    crash: () => {
      life.end();
      for (const link of streams) link.dropClient(breaksSilently);
      streams.clear();
    },
  };
}
