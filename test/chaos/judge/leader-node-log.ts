import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import { decodeReplica } from "../../../src/coordination/zookeeper/leadership/records.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import type { ZooKeeperServer } from "../../integration/zookeeper-server.ts";
import type { Sighting } from "./verdict.ts";

const intervalMs = 50;
const patienceMs = 500;
const sessionTimeoutMs = 10_000;

/** Reads the leader node again and again, and how many replicas stand in line. */
export class LeaderNodeLog implements AsyncDisposable {
  /** One for every reading that differs from the one before. */
  readonly sightings: Sighting[] = [];
  readonly #servers: readonly ZooKeeperServer[];
  readonly #path: string;
  readonly #ending = new AbortController();
  readonly #reading: Promise<void>;
  #client: ZooKeeperClient;
  #lineLength: { readonly length: number; readonly at: number } | undefined;
  /** What an earlier session has seen: older than this is no news. */
  #floor = 0n;

  constructor(servers: readonly ZooKeeperServer[], path: string) {
    this.#servers = servers;
    this.#path = path;
    this.#client = this.#connect();
    this.#reading = this.#read();
  }

  /** Whether `size` replicas, and no more, stood in line at some time after `after`, lately. */
  hasLine(size: number, after: number): boolean {
    const line = this.#lineLength;
    return line !== undefined && line.at > after && line.length === size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#reading;
    await this.#client[Symbol.asyncDispose]();
  }

  #connect(): ZooKeeperClient {
    return new ZooKeeperClient({
      servers: this.#servers.map(({ address }) => address),
      sessionTimeoutMs,
      scheduler: new RealScheduler(),
      transport: new TcpTransport(),
    });
  }

  async #read(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#look(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
      }
      if (this.#client.ended.aborted && !signal.aborted) {
        await this.#client[Symbol.asyncDispose]();
        this.#client = this.#connect();
      }
      await Bun.sleep(intervalMs);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    await this.#client.sync(this.#path, { signal });
    const { children } = await this.#client.getChildren(`${this.#path}/replicas`, { signal });
    const at = performance.now();
    // A new session may meet a server that is behind what the session before has seen.
    if (this.#client.lastZxid < this.#floor) return;
    this.#floor = this.#client.lastZxid;
    this.#lineLength = { length: children.length, at };
    const { data, stat } = await this.#client.getData(`${this.#path}/leader`, { signal });
    const replica = decodeReplica(data)?.replica ?? "?";
    if (this.sightings.at(-1)?.epoch === stat.czxid) return;
    this.sightings.push({ epoch: stat.czxid, replica, at });
  }
}
