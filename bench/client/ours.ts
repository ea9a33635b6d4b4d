import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { parseConnectionString } from "../../src/zookeeper/connection-string.ts";
import { TcpTransport } from "../../src/zookeeper/transport/tcp-transport.ts";
import type { MeasuredClient } from "./measures.ts";
import { answerOneCommand } from "./program.ts";
import { sessionTimeoutMs } from "./protocol.ts";

/** The wire client of this repository. */

await answerOneCommand(connect);

async function connect(server: string): Promise<MeasuredClient> {
  let connections = 0;
  const client = new ZooKeeperClient({
    servers: parseConnectionString(server).servers,
    sessionTimeoutMs,
    scheduler: new RealScheduler(),
    transport: new TcpTransport(),
    // The default of 10,000 is a bound for a replica, which keeps a handful.
    limits: { watches: 60_000 },
    observe: ({ kind }) => {
      if (kind === "connected" || kind === "resumed") connections += 1;
    },
  });
  const { signal } = new AbortController();
  await client.connected(signal);
  return {
    get connections() {
      return connections;
    },
    create: (path, data) => client.create(path, data),
    get: (path) => client.getData(path),
    set: (path, data) => client.setData(path, data),
    remove: (path) => client.delete(path),
    watch: async (path, told) => {
      const { watch } = await client.getData(path, { watch: signal });
      void watch?.then(({ kind }) => {
        if (kind === "changed") told();
      });
    },
  };
}
