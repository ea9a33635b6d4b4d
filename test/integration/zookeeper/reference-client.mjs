// The npm package `zookeeper`, which wraps the C client, behind commands of one JSON line each.
// It is a native add-on that only Node loads, so it runs in a process of its own.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ZooKeeper = createRequire(import.meta.url)("zookeeper");
const { constants } = ZooKeeper;
const client = new ZooKeeper({
  connect: `127.0.0.1:${process.argv[2]}`,
  timeout: 5000,
  debug_level: constants.ZOO_LOG_LEVEL_ERROR,
  host_order_deterministic: false,
});

const flags = {
  persistent: constants.ZOO_PERSISTENT,
  ephemeral: constants.ZOO_EPHEMERAL,
  "ephemeral-sequential": constants.ZOO_EPHEMERAL_SEQUENTIAL,
  container: constants.ZOO_CONTAINER,
};

const commands = {
  session: async () => client.client_id,
  create: ({ path, data, mode }) => client.create(path, Buffer.from(data), flags[mode]),
  createTtl: ({ path, data, ttlMs }) =>
    client.create(path, Buffer.from(data), constants.ZOO_PERSISTENT_WITH_TTL, ttlMs),
  get: async ({ path }) => {
    const [stat, data] = await client.get(path, false);
    return { data: data.toString(), version: stat.version, ephemeralOwner: stat.ephemeralOwner };
  },
  set: async ({ path, data }) => (await client.set(path, Buffer.from(data), -1)).version,
  delete: ({ path }) => client.delete_(path, -1),
  children: async ({ path }) => client.get_children(path, false),
  getAcl: async ({ path }) => (await client.get_acl(path))[0],
  setAcl: async ({ path, acl }) => {
    await client.set_acl(path, -1, acl);
  },
  authenticate: ({ user, password }) =>
    new Promise((resolve, reject) => {
      client.add_auth("digest", `${user}:${password}`, (rc) =>
        rc === 0 ? resolve() : reject(new Error(String(rc))),
      );
    }),
  // Answers once the watch is set; what it tells comes as a line of its own.
  watch: ({ path }) =>
    new Promise((resolve) => {
      client.aw_exists(
        path,
        (type, _state, watched) => say({ event: type, path: watched }),
        () => resolve(),
      );
    }),
  close: () => {
    client.close();
    setTimeout(() => process.exit(0), 50);
  },
};

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

client.once("connect", () => {
  say({ connected: true });
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, command, ...options } = JSON.parse(line);
    try {
      say({ id, result: (await commands[command](options)) ?? null });
    } catch (error) {
      say({ id, error: error.message });
    }
  });
});
process.stdin.on("end", () => process.exit(0));
client.init({});
