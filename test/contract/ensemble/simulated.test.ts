import { test } from "bun:test";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { contract } from "./clauses.ts";
import type { ContractStage, Member } from "./stage.ts";
import { Ensemble } from "../../simulation/ensemble/ensemble.ts";
import type { Server } from "../../simulation/ensemble/server.ts";
import { Life } from "../../simulation/referee/life.ts";
import { Random } from "../../simulation/world/random.ts";
import { SimulatedNetwork } from "../../simulation/world/simulated-network.ts";
import { SimulatedScheduler } from "../../simulation/world/simulated-scheduler.ts";
import { Timeline } from "../../simulation/timeline.ts";

const sessionTimeoutMs = 4_000;
const limitMs = 60_000;
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
const never = new AbortController().signal;

test.each(contract)("contract, model: $name", async ({ check }) => {
  for (const seed of seeds) await onModel(seed, check);
});

async function onModel(seed: number, check: (stage: ContractStage) => Promise<void>) {
  const timeline = new Timeline();
  const random = new Random(seed, "contract");
  const network = new SimulatedNetwork(timeline, random.fork("network"));
  const options = { size: 3, tickMs: 500, syncLimit: 10, pingsOvertake: seed % 2 === 0 };
  const ensemble = new Ensemble(timeline, random.fork("ensemble"), network, options);
  const life = new Life();
  const scheduler = new SimulatedScheduler(timeline, life, random.fork("clock"), 1);
  const transport = network.transportOf("client", life, new Set());
  const members = ensemble.servers.map((server) => memberOf(ensemble, network, server));
  const progress = { over: false };
  const checking = check({
    members,
    transport,
    scheduler,
    ...options,
    // Latency, a split frame, a timer that is late.
    slackMs: 200,
    connect: async (among = members) => {
      const servers = among.map(({ address }) => address);
      const client = new ZooKeeperClient({ servers, transport, scheduler, sessionTimeoutMs });
      await client.connected(never);
      return client;
    },
    close: (client) => client.close(never),
  }).finally(() => {
    progress.over = true;
  });
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

function memberOf(ensemble: Ensemble, network: SimulatedNetwork, server: Server): Member {
  const others = ensemble.servers.filter((other) => other !== server);
  const roles = { leading: "leader", following: "follower", looking: undefined, down: undefined };
  return {
    address: { host: server.host, port: 2181 },
    role: () => Promise.resolve(roles[server.role] as "leader" | "follower" | undefined),
    isolate: () => {
      for (const { host } of others) {
        network.cut(server.host, host);
        network.cut(host, server.host);
      }
    },
    rejoin: () => {
      for (const other of others) {
        network.heal(server.host, other.host);
        network.heal(other.host, server.host);
        ensemble.healed(server, other);
      }
    },
    pause: () => server.life.hold(),
    resume: () => server.life.release(),
    withholdTouches: (withheld) => {
      server.withholdsTouches = withheld;
    },
  };
}
