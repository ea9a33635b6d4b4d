import { afterAll, beforeAll, test } from "bun:test";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { TcpTransport } from "../../src/zookeeper/tcp-transport.ts";
import { contract } from "../simulation/contract.ts";
import { startEnsemble, type ZooKeeperServer } from "./zookeeper-server.ts";

const sessionTimeoutMs = 4_000;
const limitMs = 60_000;
let servers: readonly ZooKeeperServer[] = [];

beforeAll(async () => {
  servers = await startEnsemble(3);
}, limitMs);

afterAll(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
});

test.each(contract)(
  "contract, real servers: $name",
  async ({ check }) => {
    const limit = AbortSignal.timeout(limitMs);
    await check({
      connect: async () => {
        const client = new ZooKeeperClient({
          servers: servers.map(({ address }) => address),
          transport: new TcpTransport(),
          scheduler: new RealScheduler(),
          sessionTimeoutMs,
        });
        await client.connected(limit);
        return client;
      },
      close: (client) => client.close(limit),
    });
  },
  limitMs,
);
