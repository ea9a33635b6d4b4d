import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ServerOptions,
  startEnsemble,
  type ZooKeeperServer,
} from "../test/integration/zookeeper-server.ts";
import { ReplicaProcess } from "./replica-process.ts";

const members = 3;
/** How long replicas that were asked to stop are given before they are killed. */
const stoppingLimitMs = 5_000;

/**
 * A three-server ensemble, and the replicas and directories of one run. It owns them all: whatever
 * ends the run, nothing of it is left.
 */
export class Stage implements AsyncDisposable {
  readonly servers: readonly ZooKeeperServer[];
  readonly #root = mkdtempSync(join(tmpdir(), "election-stage-"));
  readonly #replicas = new Set<ReplicaProcess>();
  #started = 0;
  readonly #endAtOnce = (): void => {
    for (const replica of this.#replicas) replica.kill("SIGKILL");
    rmSync(this.#root, { recursive: true, force: true });
  };

  private constructor(servers: readonly ZooKeeperServer[]) {
    this.servers = servers;
    process.on("exit", this.#endAtOnce);
  }

  static async open(options: ServerOptions = {}): Promise<Stage> {
    return new Stage(await startEnsemble(members, options));
  }

  /** The value of --zk-servers. */
  get addresses(): string {
    return this.servers.map(({ address }) => `${address.host}:${address.port}`).join(",");
  }

  /** Where processes that are not ours to start leave their logs. */
  get logs(): string {
    return this.#root;
  }

  /** A new, empty directory. */
  directory(name: string): string {
    const path = join(this.#root, name);
    mkdirSync(path);
    return path;
  }

  /** Starts a replica of the compiled binary in the service at `path`. */
  start(id: string, path: string, fileDir: string, flags: readonly string[] = []): ReplicaProcess {
    this.#started += 1;
    const logPath = join(this.#root, `${this.#started}-${id}.log`);
    const own = [`--zk-servers=${this.addresses}`, `--zk-path=${path}`, `--file-dir=${fileDir}`];
    const replica = new ReplicaProcess({ id, flags: [...own, ...flags], logPath });
    this.#replicas.add(replica);
    void replica.exited.then(() => this.#replicas.delete(replica));
    return replica;
  }

  /** Asks replicas to stop, and kills those that take too long. */
  async stop(replicas: Iterable<ReplicaProcess> = this.#replicas): Promise<void> {
    const asked = [...replicas];
    for (const replica of asked) replica.kill("SIGTERM");
    const all = Promise.all(asked.map(({ exited }) => exited));
    await Promise.race([all, Bun.sleep(stoppingLimitMs)]);
    for (const replica of asked) if (this.#replicas.has(replica)) replica.kill("SIGKILL");
    await all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
    this.#endAtOnce();
    process.off("exit", this.#endAtOnce);
  }
}
