import { afterAll, beforeAll, test } from "bun:test";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { contract } from "./clauses.ts";
import type { Member } from "./stage.ts";
import { PeerWires } from "../../integration/peer-wires.ts";
import { startEnsemble, type ZooKeeperServer } from "../../integration/zookeeper-server.ts";

const sessionTimeoutMs = 4_000;
const limitMs = 60_000;
const options = { tickTimeMs: 500, syncLimit: 10 };
/** How late a busy machine may be. */
const slackMs = 2_000;
const wires = new PeerWires();
let servers: readonly ZooKeeperServer[] = [];

beforeAll(async () => {
  servers = await startEnsemble(3, {
    tickTimeMs: options.tickTimeMs,
    config: [`syncLimit=${options.syncLimit}`, "initLimit=5"],
    wire: wires.wire,
  });
}, limitMs);

afterAll(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  await wires[Symbol.asyncDispose]();
});

test.each(contract)(
  "contract, real servers: $name",
  async ({ check }) => {
    const limit = AbortSignal.timeout(limitMs);
    const transport = new TcpTransport();
    const scheduler = new RealScheduler();
    const members = servers.map((server, index) => memberOf(server, index + 1));
    await check({
      members,
      transport,
      scheduler,
      tickMs: options.tickTimeMs,
      syncLimit: options.syncLimit,
      slackMs,
      connect: async (among = members) => {
        const addresses = among.map(({ address }) => address);
        const client = new ZooKeeperClient({
          servers: addresses,
          transport,
          scheduler,
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

function memberOf(server: ZooKeeperServer, id: number): Member {
  return {
    address: server.address,
    role: async () => {
      const mode = await server.mode();
      return mode === "leader" || mode === "follower" ? mode : undefined;
    },
    isolate: () => wires.isolate(id),
    rejoin: () => wires.rejoin(id),
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    withholdTouches: (withheld) => wires.withholdTouches(id, withheld),
  };
}
