import { createRequire } from "node:module";
import type { MeasuredClient } from "./measures.ts";
import { answerOneCommand } from "./program.ts";
import { sessionTimeoutMs } from "./protocol.ts";

/** The npm package `node-zookeeper-client`: JavaScript, with callbacks. */

type Done = (error: Error | null, result?: unknown) => void;

/** What is used of it here. */
interface Handle {
  on(event: "connected", listener: () => void): void;
  once(event: "connected", listener: () => void): void;
  connect(): void;
  create(path: string, data: Buffer, done: Done): void;
  getData(path: string, done: Done): void;
  getData(path: string, told: (event: { type: number }) => void, done: Done): void;
  setData(path: string, data: Buffer, done: Done): void;
  remove(path: string, done: Done): void;
}

interface Package {
  createClient(server: string, options: object): Handle;
}

const changed = 3;

await answerOneCommand(connect);

async function connect(server: string): Promise<MeasuredClient> {
  const zookeeper = createRequire(process.argv[3] ?? "")("node-zookeeper-client") as Package;
  const client = zookeeper.createClient(server, { sessionTimeout: sessionTimeoutMs });
  let connections = 0;
  client.on("connected", () => {
    connections += 1;
  });
  const connected = new Promise<void>((resolve) => client.once("connected", resolve));
  client.connect();
  await connected;
  return {
    get connections() {
      return connections;
    },
    create: (path, data) => promised((done) => client.create(path, data, done)),
    get: (path) => promised((done) => client.getData(path, done)),
    set: (path, data) => promised((done) => client.setData(path, data, done)),
    remove: (path) => promised((done) => client.remove(path, done)),
    watch: (path, told) => {
      const hear = ({ type }: { type: number }): void => {
        if (type === changed) told();
      };
      return promised((done) => client.getData(path, hear, done));
    },
  };
}

function promised(call: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}
