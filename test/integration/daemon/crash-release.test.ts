import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { binary, Replica, temporaryDirectory } from "../replica.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";

const limitMs = 60_000;
/** Long, so that a hand-over within it cannot be the session's end. */
const sessionSeconds = 20;
let server: ZooKeeperServer;
let directory: ReturnType<typeof temporaryDirectory>;
let service = 0;

beforeAll(async () => {
  server = await startServer({ config: ["maxSessionTimeout=60000"] });
}, limitMs);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(() => {
  service += 1;
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

const servers = (): string => `${server.address.host}:${server.address.port}`;
const stateDir = (): string => join(directory.path, "state");
const options = (): readonly string[] => [
  `--zk-path=/crash-${service}`,
  `--state-dir=${stateDir()}`,
  `--session-timeout=${sessionSeconds}s`,
];

function start(id: string): Replica {
  const fileDir = join(directory.path, "files");
  const flags = [...options(), "--leader-timeout=200ms"];
  return new Replica({ servers: servers(), id, fileDir, flags });
}

test(
  "crash release: the restart of a killed leader lets the next in line lead at once",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using next = start("b");
    await next.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGKILL");
    await leader.exited;
    const killedAt = performance.now();
    await using restarted = start("a2");
    await next.writes();
    // Without the release it would take the session's 20 s.
    expect(performance.now() - killedAt).toBeLessThan(5000);
    expect(next.lines.some(({ event }) => event === "waiting-out")).toBe(false);
    await restarted.line("tells", ({ msg }) => msg.includes("gave up epoch"));
  },
  limitMs,
);

test(
  "crash release: `election release` does the same without starting a replica",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using next = start("b");
    await next.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGKILL");
    await leader.exited;
    const { exitCode, stderr } = Bun.spawnSync([
      binary,
      "release",
      `--zk-servers=${servers()}`,
      ...options(),
    ]);
    expect(stderr.toString()).toMatch(
      /^election: gave up epoch \d+ of a process that was killed\n$/,
    );
    expect(exitCode).toBe(0);
    await next.writes();
    expect(next.lines.some(({ event }) => event === "waiting-out")).toBe(false);
  },
  limitMs,
);

test(
  "crash release: what living replicas hold is left alone, and an orderly end leaves nothing",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using other = start("b");
    await other.line("follows", (line) => line["leader"] === "a");
    const { exitCode, stderr } = Bun.spawnSync([
      binary,
      "release",
      `--zk-servers=${servers()}`,
      ...options(),
    ]);
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    await leader.writes(leader.lines.length);
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    other.kill("SIGTERM");
    expect(await other.exited).toBe(0);
    // The history of leaderships stays: it is nobody's in particular.
    const left = readdirSync(stateDir()).filter((name) => !name.startsWith("leaderships-"));
    expect(left).toEqual([]);
  },
  limitMs,
);

test(
  "crash release: a killed replica that did not lead only loses its place in line",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using other = start("b");
    await other.line("follows", (line) => line["leader"] === "a");
    other.kill("SIGKILL");
    await other.exited;
    await using restarted = start("b2");
    await restarted.line("tells", ({ msg }) => msg.includes("it did not lead"));
    await leader.writes(leader.lines.length);
    expect(leader.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
  },
  limitMs,
);
