import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";

const size = 3;
const readyWithinMs = 30_000;
/** Its commits are in memory, as those of the ZooKeeper servers with forceSync=no are. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
  readonly raftIndex: string;
}

/** Three real etcd servers on the loopback interface. */
export class EtcdServers implements AsyncDisposable {
  readonly #root = mkdtempSync(join(memory, "election-etcd-"));
  readonly #members = Array.from({ length: size }, (_, index) => ({
    name: `etcd${index}`,
    client: freePort(),
    peer: freePort(),
  }));
  readonly #processes = new Map<string, Bun.Subprocess>();
  readonly #endAtOnce = (): void => {
    for (const server of this.#processes.values()) server.kill("SIGKILL");
    rmSync(this.#root, { recursive: true, force: true });
  };

  static async open(): Promise<EtcdServers> {
    const servers = new EtcdServers();
    process.on("exit", servers.#endAtOnce);
    await servers.restart();
    return servers;
  }

  /** Those of the clients, of host and port. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#members.map(({ client }) => ({ host: "127.0.0.1", port: client }));
  }

  /** Starts those that do not run, and waits until all serve. */
  async restart(): Promise<void> {
    for (const { name } of this.#members) if (!this.#processes.has(name)) this.#start(name);
    const deadline = performance.now() + readyWithinMs;
    for (const { client } of this.#members) {
      while ((await this.#status(client))?.leader === undefined) {
        if (performance.now() > deadline) throw new Error("the etcd servers do not serve");
        await Bun.sleep(20);
      }
    }
  }

  /** SIGKILL of the server that leads the others, or of all. */
  async kill(which: "leader" | "all"): Promise<void> {
    const leader = which === "leader" ? await this.#leader() : undefined;
    const struck = this.#members.filter(({ name }) => leader === undefined || name === leader);
    await Promise.all(
      struck.map(async ({ name }) => {
        const server = this.#processes.get(name);
        this.#processes.delete(name);
        server?.kill("SIGKILL");
        await server?.exited;
      }),
    );
  }

  /** The number of the last entry of the log: what zxid is to ZooKeeper. */
  async raftIndex(): Promise<bigint> {
    const all = await Promise.all(this.#members.map(({ client }) => this.#status(client)));
    const indices = all.map((status) => BigInt(status?.raftIndex ?? 0));
    return indices.reduce((highest, index) => (index > highest ? index : highest), 0n);
  }

  /** How many keys there are below `prefix`. */
  async keysBelow(prefix: string): Promise<number> {
    const key = Buffer.from(`${prefix}/`).toString("base64");
    const rangeEnd = Buffer.from(`${prefix}0`).toString("base64");
    const range = { key, range_end: rangeEnd, count_only: true };
    const { client } = this.#members[0] ?? { client: 0 };
    const answer = await asked(client, "kv/range", range);
    return Number((answer as { count?: string } | undefined)?.count ?? 0);
  }

  async version(): Promise<string> {
    const { client } = this.#members[0] ?? { client: 0 };
    const answer = await asked(client, "maintenance/status", {});
    return (answer as { version?: string } | undefined)?.version ?? "unknown";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("all");
    process.off("exit", this.#endAtOnce);
    this.#endAtOnce();
  }

  async #leader(): Promise<string> {
    for (const { name, client } of this.#members) {
      const status = await this.#status(client);
      if (status !== undefined && status.leader === status.header.member_id) return name;
    }
    throw new Error("no etcd server leads");
  }

  async #status(port: number): Promise<Status | undefined> {
    return (await asked(port, "maintenance/status", {})) as Status | undefined;
  }

  #start(name: string): void {
    const member = this.#members.find((other) => other.name === name);
    if (member === undefined) return;
    const cluster = this.#members.map((other) => `${other.name}=${urlOf(other.peer)}`).join(",");
    const known = existsSync(join(this.#root, name, "member"));
    const server = Bun.spawn(
      [
        "etcd",
        `--name=${name}`,
        `--data-dir=${join(this.#root, name)}`,
        `--listen-client-urls=${urlOf(member.client)}`,
        `--advertise-client-urls=${urlOf(member.client)}`,
        `--listen-peer-urls=${urlOf(member.peer)}`,
        `--initial-advertise-peer-urls=${urlOf(member.peer)}`,
        `--initial-cluster=${cluster}`,
        `--initial-cluster-state=${known ? "existing" : "new"}`,
        "--log-level=error",
        "--logger=zap",
      ],
      { stdin: "ignore", stdout: "ignore", stderr: "ignore", detached: true },
    );
    this.#processes.set(name, server);
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Asks the JSON gateway; undefined where nobody answers in time. */
async function asked(port: number, method: string, body: object): Promise<unknown> {
  try {
    const answer = await fetch(`${urlOf(port)}/v3/${method}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(1_000),
    });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}
