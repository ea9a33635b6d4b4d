import { createRequire } from "node:module";
import type { MeasuredClient } from "./measures.ts";
import { answerOneCommand } from "./program.ts";
import { sessionTimeoutMs } from "./protocol.ts";

/** The npm package `zookeeper`, which wraps the C client. Its add-on needs Node. */

/** What is used of it here. */
interface Handle {
  on(event: "connect", listener: () => void): void;
  once(event: "connect", listener: () => void): void;
  init(options: object): void;
  create(path: string, data: Buffer, flags: number): Promise<string>;
  get(path: string, watch: boolean): Promise<unknown>;
  set(path: string, data: Buffer, version: number): Promise<unknown>;
  delete_(path: string, version: number): Promise<unknown>;
  w_get(path: string, told: (type: number) => void): Promise<unknown>;
}

type Package = new (options: object) => Handle;

const changed = 3;
const anyVersion = -1;

await answerOneCommand(connect);

async function connect(server: string): Promise<MeasuredClient> {
  const ZooKeeper = createRequire(process.argv[3] ?? "")("zookeeper") as Package;
  const client = new ZooKeeper({
    connect: server,
    timeout: sessionTimeoutMs,
    debug_level: 1,
    host_order_deterministic: false,
  });
  let connections = 0;
  client.on("connect", () => {
    connections += 1;
  });
  const connected = new Promise<void>((resolve) => client.once("connect", resolve));
  client.init({});
  await connected;
  return {
    get connections() {
      return connections;
    },
    create: (path, data) => client.create(path, data, 0),
    get: (path) => client.get(path, false),
    set: (path, data) => client.set(path, data, anyVersion),
    remove: (path) => client.delete_(path, anyVersion),
    watch: (path, told) =>
      client.w_get(path, (type) => {
        if (type === changed) told();
      }),
  };
}
