import { join } from "node:path";
import { firstLeader, Replica, temporaryDirectory } from "../integration/replica.ts";
import { startServer, type ZooKeeperServer } from "../integration/zookeeper-server.ts";

/** Three replicas of the compiled binary on a real server, each with its page. */
export interface Scene extends AsyncDisposable {
  readonly server: ZooKeeperServer;
  /** Who led first. */
  readonly leader: Replica;
  /** The address of a replica's page. */
  readonly pageOf: (replica: Replica) => string;
  /** The replicas as they run now, those started anew in place of the old ones. */
  readonly current: () => readonly Replica[];
  /** Starts a replica anew, as its service manager would. */
  readonly restart: (replica: Replica) => Replica;
}

const ids = ["berlin-1", "paris-1", "oslo-1"];

export async function openScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  try {
    return await build(stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function build(stack: AsyncDisposableStack): Promise<Scene> {
  const directory = stack.use(temporaryDirectory());
  const server = stack.use(await startServer());
  const pages = new Map<string, string>();
  const start = (id: string, address = "127.0.0.1:0"): Replica =>
    stack.use(
      new Replica({
        servers: `${server.address.host}:${server.address.port}`,
        id,
        fileDir: join(directory.path, "files"),
        flags: [
          "--leader-timeout=1s",
          "--attempter-timeout=30s",
          `--state-dir=${join(directory.path, "state")}`,
          `--http-address=${address}`,
        ],
      }),
    );
  const replicas = ids.map((id) => start(id));
  const leader = await firstLeader(replicas);
  await leader.writes();
  for (const replica of replicas) {
    const { msg } = await replica.line("answers HTTP", ({ event }) => event === "http");
    pages.set(replica.id, `http://${msg.split(" ").at(-1)}/`);
    if (replica !== leader) await replica.line("follows", ({ event }) => event === "attempt");
  }
  return {
    server,
    leader,
    pageOf: ({ id }) => pages.get(id) ?? "",
    current: () => replicas,
    restart: ({ id }) => {
      const again = start(id, new URL(pages.get(id) ?? "").host);
      replicas.splice(ids.indexOf(id), 1, again);
      return again;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
