import { expect, test } from "bun:test";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { contract } from "./contract.ts";
import { Ensemble } from "./ensemble/ensemble.ts";
import { Life } from "./life.ts";
import { Random } from "./random.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedScheduler } from "./simulated-scheduler.ts";
import { Timeline } from "./timeline.ts";

const sessionTimeoutMs = 4_000;
const limitMs = 60_000;

test.each(contract)("contract, model: $name", async ({ check }) => {
  const timeline = new Timeline();
  const random = new Random(1, "contract");
  const network = new SimulatedNetwork(timeline, random.fork("network"));
  const options = { size: 3, tickMs: 500, syncLimit: 10, pingsOvertake: false };
  const ensemble = new Ensemble(timeline, random.fork("ensemble"), network, options);
  const life = new Life();
  const scheduler = new SimulatedScheduler(timeline, life, random.fork("clock"), 1);
  const servers = ensemble.servers.map(({ host }) => ({ host, port: 2181 }));
  const never = new AbortController().signal;
  const progress = { over: false };
  const checking = check({
    connect: async () => {
      const transport = network.transportOf("client", life, new Set());
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
  await checking;
  expect(timeline.now).toBeLessThan(limitMs);
});
