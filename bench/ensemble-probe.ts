import { ZooKeeperClient } from "../src/zookeeper/client.ts";
import { RealScheduler } from "../src/system/real-scheduler.ts";
import { TcpTransport } from "../src/zookeeper/transport/tcp-transport.ts";
import { ZooKeeperError } from "../src/zookeeper/errors.ts";
import type { ZooKeeperServer } from "../test/integration/zookeeper-server.ts";
import { ConnectionCounts } from "./connection-counts.ts";
import { ask } from "./four-letter-word.ts";

/** Names of `mntr` that count how many watches were fired. Source: ServerMetrics of ZooKeeper. */
const firedWatches = /^zk_sum_node_(?:created|deleted|changed|children)_watch_count\t(\d+)/gmu;

/** Looks at the ensemble from outside, and changes nothing there. */
export class EnsembleProbe implements AsyncDisposable {
  readonly #servers: readonly ZooKeeperServer[];
  readonly #client: ZooKeeperClient;

  constructor(servers: readonly ZooKeeperServer[]) {
    this.#servers = servers;
    this.#client = new ZooKeeperClient({
      servers: servers.map(({ address }) => address),
      sessionTimeoutMs: 10_000,
      scheduler: new RealScheduler(),
      transport: new TcpTransport(),
    });
  }

  /** The number of the last commit. Every quorum write adds one; a read or a sync none. */
  async zxid(): Promise<bigint> {
    await this.#client.sync("/");
    await this.#client.exists("/");
    return this.#client.lastZxid;
  }

  /** How many watches have fired so far, on all servers. */
  async watchesFired(): Promise<number> {
    const answers = await Promise.all(
      this.#servers.map(({ address }) => ask(address.port, "mntr")),
    );
    const counts = answers.flatMap((answer) => [...answer.matchAll(firedWatches)]);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** What each client has asked so far, on all servers. */
  async connections(): Promise<ConnectionCounts> {
    const answers = this.#servers.map(async ({ address }) => {
      return [String(address.port), await ask(address.port, "cons")] as const;
    });
    return new ConnectionCounts(await Promise.all(answers));
  }

  /** What the servers say they are. */
  async version(): Promise<string> {
    const answer = await ask(this.#servers[0]?.address.port ?? 0, "srvr");
    return /^Zookeeper version: ([^-,\s]+)/mu.exec(answer)?.[1] ?? "unknown";
  }

  /** How often the leader node was written since it was created. */
  async renewals(path: string): Promise<number> {
    const { stat } = await this.#client.exists(`${path}/leader`);
    if (stat === undefined) throw new Error(`nobody leads at ${path}`);
    return stat.version;
  }

  /** One write that is committed by the ensemble, timed in milliseconds. */
  async timedWrite(path: string): Promise<number> {
    const startedAt = performance.now();
    await this.#client.setData(path, new Uint8Array());
    return performance.now() - startedAt;
  }

  async create(path: string): Promise<void> {
    await this.#client.create(path, new Uint8Array());
  }

  /** How many children a node has; none when there is no such node. */
  async childrenOf(path: string): Promise<number> {
    try {
      return (await this.#client.getChildren(path)).children.length;
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === "no-node") return 0;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
