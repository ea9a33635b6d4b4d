import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import type { ServerAddress } from "../../src/zookeeper/connection-string.ts";
import { TcpTransport } from "../../src/zookeeper/transport/tcp-transport.ts";
import { dataBytes, nodePath, sessionTimeoutMs } from "./protocol.ts";

/** So many operations in one multi: some 400 kB, below what servers accept. */
const operationsAtOnce = 2_500;
const parent = "/client/nodes";
const data = new Uint8Array(dataBytes).fill(120);

/** The nodes that the contenders read and watch, and who writes to them. */
export class WatchedNodes implements AsyncDisposable {
  readonly #client: ZooKeeperClient;
  #parents = 0;

  private constructor(server: ServerAddress) {
    this.#client = new ZooKeeperClient({
      servers: [server],
      sessionTimeoutMs,
      scheduler: new RealScheduler(),
      transport: new TcpTransport(),
    });
  }

  static async create(server: ServerAddress, count: number): Promise<WatchedNodes> {
    const nodes = new WatchedNodes(server);
    await nodes.#client.create("/client", data);
    await nodes.#client.create(parent, data);
    for (const indices of chunks(count)) {
      const paths = indices.map((index) => nodePath(parent, index));
      await nodes.#client.multi(paths.map((path) => ({ kind: "create", path, data })));
    }
    return nodes;
  }

  get path(): string {
    return parent;
  }

  /** A new node without children. */
  async emptyParent(): Promise<string> {
    this.#parents += 1;
    const { path } = await this.#client.create(`/client/parent-${this.#parents}`, data);
    return path;
  }

  /** Writes to the first `count` nodes, in as few commits as they fit in. */
  async write(count: number): Promise<void> {
    const writes = chunks(count).map((indices) => {
      const paths = indices.map((index) => nodePath(parent, index));
      return this.#client.multi(paths.map((path) => ({ kind: "set", path, data })));
    });
    await Promise.all(writes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

function chunks(count: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(count / operationsAtOnce) }, (_, chunk) => {
    const first = chunk * operationsAtOnce;
    const size = Math.min(operationsAtOnce, count - first);
    return Array.from({ length: size }, (_unused, offset) => first + offset);
  });
}
