import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { finalName } from "../../../src/files/file-name.ts";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { HangingDisk } from "../hanging-disk.ts";
import { binary, Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 120_000;
// A lease that outlasts a server's restart on a busy machine takes a session of half a minute.
const stage = ServerStage.open("failures", { config: ["maxSessionTimeout=30000"] });
const fileDir = (): string => stage.path("files");

interface Start {
  readonly id?: string;
  readonly fileDir?: string;
  readonly servers?: string;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

function start(options: Start = {}): Replica {
  return new Replica({
    servers: options.servers ?? stage.servers,
    id: options.id ?? "a",
    fileDir: options.fileDir ?? fileDir(),
    // Variables, so that a test's own flags come before them.
    environment: {
      ELECTION_ZK_PATH: stage.zkPath,
      ELECTION_LEADER_TIMEOUT: "100ms",
      ELECTION_SESSION_TIMEOUT: "2s",
      ELECTION_ATTEMPTER_TIMEOUT: "1s",
      ELECTION_FAILOVER_TIMEOUT: "50ms",
      ...options.environment,
    },
    flags: options.flags ?? [],
  });
}

/** A server that takes connections and never says a word. */
async function startSilentServer(): Promise<Server & { readonly port: number }> {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return Object.assign(silent, { port });
}

test(
  "daemon: goes to Failover when the servers die, and leads again when they are back",
  async () => {
    await using replica = start({ flags: ["--failover-attempts-count=500"] });
    await replica.writes();
    await stage.server.stop();
    const failed = await replica.enters("Failover");
    expect(["lease-ended", "session-lost"]).toContain(String(failed["reason"]));
    const before = replica.lines.length;
    await replica.line(
      "a failed repair",
      ({ event, level }) => event === "repair" && level === "warn",
    );
    await stage.server.restart();
    await replica.enters("Leader", before);
    await replica.writes(before);
  },
  limitMs,
);

test(
  "daemon: a lease that ended while the servers were away is given up when they are back",
  async () => {
    const environment = {
      ELECTION_SESSION_TIMEOUT: "6s",
      ELECTION_FAILOVER_ATTEMPTS_COUNT: "1000",
    };
    await using first = start({ environment });
    await first.writes();
    await using second = start({ id: "b", environment });
    await second.line("follows", (line) => line["leader"] === "a");
    await stage.server.stop();
    const stopped = first.lines.length;
    await first.enters("Failover", stopped);
    await stage.server.restart();
    await first.line("gives up", ({ msg }) => msg.startsWith("gave up epoch"), stopped);
    await Promise.race([first.writes(stopped), second.writes()]);
    const waiting = [...first.lines, ...second.lines].filter(
      ({ event }) => event === "waiting-out",
    );
    expect(waiting).toEqual([]);
  },
  limitMs,
);

test(
  "daemon: a restart of the server within the lease does not cost leadership",
  async () => {
    await using replica = start({ flags: ["--session-timeout=30s"] });
    await replica.writes();
    await stage.server.restart();
    const before = replica.lines.length;
    await replica.line("the session goes on", (line) => line["change"] === "resumed");
    await replica.writes(before);
    expect(replica.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
  },
  limitMs,
);

test(
  "daemon: exits with 69 and the reason when repair attempts are used up",
  async () => {
    const flags = ["--failover-attempts-count=3"];
    await using replica = start({ servers: "127.0.0.1:1", flags });
    expect(await replica.exited).toBe(69);
    expect(replica.edges).toEqual(["Init>Failover:unreachable", "Failover>Stopping:exhausted"]);
    expect(replica.lines.filter(({ event }) => event === "repair")).toHaveLength(3);
    expect(replica.lines.at(-1)).toMatchObject({
      event: "exit",
      level: "error",
      code: 69,
      msg: expect.stringMatching(
        /^unreachable: no server answered; the last one tried, 127.0.0.1:1: /,
      ),
    });
  },
  limitMs,
);

test(
  "daemon: a leader whose disk is full resigns, and stands again when there is room",
  async () => {
    mkdirSync(fileDir());
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", fileDir()]);
    if (mounted.exitCode !== 0) {
      throw new Error(`this test mounts a tmpfs, which takes root: ${mounted.stderr.toString()}`);
    }
    try {
      await using first = start({ flags: ["--failover-attempts-count=500"] });
      await first.writes();
      await using second = start({ id: "b", fileDir: stage.path("other") });
      await second.line("follows", (line) => line["leader"] === "a");
      const ballast = join(fileDir(), "ballast");
      writeToTheBrim(ballast);
      await second.enters("Leader");
      await second.writes();
      expect(first.edges.slice(2)).toEqual(["Leader>Failover:duty-failed"]);
      expect(second.lines.some(({ event }) => event === "waiting-out")).toBe(false);
      const before = first.lines.length;
      rmSync(ballast);
      await first.enters("Attempter", before);
      expect(first.edges.slice(3)).toEqual(["Failover>Init:repaired", "Init>Attempter:ready"]);
    } finally {
      Bun.spawnSync(["umount", "-l", fileDir()]);
    }
  },
  limitMs,
);

function writeToTheBrim(path: string): void {
  // The leader prunes and writes meanwhile, so the room it frees is taken again at once.
  for (let size = 128 * 1024; size > 0; size -= 4096) {
    try {
      writeFileSync(path, new Uint8Array(size));
      return;
    } catch {
      // Still too much.
    }
  }
}

test(
  "daemon: a leader whose directory is removed fails over, and makes it anew in Init",
  async () => {
    await using replica = start();
    await replica.writes();
    const before = replica.lines.length;
    rmSync(fileDir(), { recursive: true });
    const failed = await replica.enters("Failover", before);
    expect(failed).toMatchObject({ reason: "duty-failed" });
    expect(failed.msg).toContain(fileDir());
    await replica.enters("Leader", before);
    await replica.writes(before);
    expect(existsSync(fileDir())).toBe(true);
  },
  limitMs,
);

test(
  "daemon: an epoch in the directory that no coordinator gave is refused, with the cure",
  async () => {
    mkdirSync(fileDir());
    const name = finalName((2n ** 62n) as Epoch, 1);
    writeFileSync(join(fileDir(), name), "{}");
    const flags = ["--failover-attempts-count=2"];
    await using replica = start({ flags });
    expect(await replica.exited).toBe(69);
    const last = replica.lines.at(-1)?.msg;
    expect(last).toContain("fenced");
    expect(last).toContain(join(fileDir(), name));
    expect(last).toContain("move the old files out");
    expect(readdirSync(fileDir())).toEqual([name]);
  },
  limitMs,
);

test(
  "daemon: an effect that hangs past stop-timeout gives nothing up, and exits with 70",
  async () => {
    const disk = new HangingDisk(stage.path());
    await using replica = start({
      environment: disk.environment,
      flags: ["--stop-timeout=500ms", "--session-timeout=4s"],
    });
    await replica.writes();
    disk.hang();
    // The loop must go on while the flush hangs: that is what renewals and signals depend on.
    await Bun.sleep(300);
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(70);
    expect(replica.lines.at(-1)).toMatchObject({ event: "exit", code: 70 });
    disk.release();
    // Nothing was released: a successor waits until session and lease have run out.
    await using successor = start({ id: "b" });
    const follows = await successor.line("follows", (line) => line["leader"] === "a");
    expect(follows.event).toBe("attempt");
    await successor.writes();
  },
  limitMs,
);

test.each([
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGINT", code: 130 },
] as const)(
  "daemon: a second $signal exits at once with $code",
  async ({ signal, code }) => {
    await using replica = start({ flags: ["--stop-timeout=60s"] });
    await replica.writes();
    await stage.server.kill("SIGSTOP");
    try {
      replica.kill(signal);
      await replica.line("is stopping", ({ event }) => event === "signal");
      replica.kill(signal);
      expect(await replica.exited).toBe(code);
    } finally {
      await stage.server.kill("SIGCONT");
    }
  },
  limitMs,
);

test(
  "daemon: stops in order from Init",
  async () => {
    const silent = await startSilentServer();
    await using replica = start({ servers: `127.0.0.1:${silent.port}` });
    await replica.line("has started", ({ event }) => event === "start");
    await Bun.sleep(100);
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
    expect(replica.edges).toEqual(["Init>Stopping:signal"]);
    silent.close();
  },
  limitMs,
);

test(
  "daemon: stops in order from Attempter, leaving no node behind",
  async () => {
    await using leader = start();
    await leader.writes();
    await using replica = start({ id: "b", flags: ["--log-level=debug"] });
    await replica.line("stands in line", ({ event }) => event === "standing");
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
    expect(replica.edges).toEqual(["Init>Attempter:ready", "Attempter>Stopping:signal"]);
    await using next = start({ id: "c", flags: ["--log-level=debug"] });
    expect(await next.line("stands in line", ({ event }) => event === "standing")).toMatchObject({
      position: 2,
      size: 2,
    });
  },
  limitMs,
);

test(
  "daemon: stops in order from Failover",
  async () => {
    const flags = ["--failover-attempts-count=1000"];
    await using replica = start({ servers: "127.0.0.1:1", flags });
    await replica.enters("Failover");
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
    expect(replica.edges).toEqual(["Init>Failover:unreachable", "Failover>Stopping:signal"]);
  },
  limitMs,
);

test("daemon: bad usage is one line on stderr and exit code 2", () => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([binary, "--zk-serverz=x"]);
  expect(exitCode).toBe(2);
  expect(stdout.toString()).toBe("");
  expect(stderr.toString()).toBe(
    'election: unknown flag "--zk-serverz"; did you mean --zk-servers?\n',
  );
});

test(
  "daemon: a taken port is told with option and value, and exit code 2",
  async () => {
    const silent = await startSilentServer();
    await using replica = start({ flags: [`--http-address=127.0.0.1:${silent.port}`] });
    expect(await replica.exited).toBe(2);
    expect(replica.lines.at(-1)?.msg).toContain(`--http-address "127.0.0.1:${silent.port}"`);
    silent.close();
  },
  limitMs,
);

test(
  "daemon: uses the session timeout that the server grants, and says so when it is another",
  async () => {
    await using replica = start({ flags: ["--session-timeout=100ms"] });
    const granted = await replica.line("granted", ({ event }) => event === "timeout-granted");
    // Two of the server's ticks of 500 ms.
    expect(granted).toMatchObject({ askedMs: 100, grantedMs: 1000 });
    await replica.writes();
  },
  limitMs,
);

test(
  "daemon: a disk that hangs in Init does not keep it from stopping",
  async () => {
    const disk = new HangingDisk(stage.path());
    disk.hang();
    await using replica = start({ environment: disk.environment });
    await replica.line("has a session", (line) => line["change"] === "connected");
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
    expect(replica.edges).toEqual(["Init>Stopping:signal"]);
  },
  limitMs,
);

test(
  "daemon: a leader whose disk hangs leaves leadership to others, and stands again when it is back",
  async () => {
    const disk = new HangingDisk(stage.path());
    const flags = ["--failover-attempts-count=1000"];
    await using first = start({ environment: disk.environment, flags });
    await first.writes();
    await using second = start({ id: "b", fileDir: stage.path("other") });
    await second.line("follows", (line) => line["leader"] === "a");
    disk.hang();
    await second.writes();
    expect(first.edges.at(-1)).toBe("Leader>Failover:duty-failed");
    const before = first.lines.length;
    disk.release();
    await first.enters("Attempter", before);
  },
  limitMs,
);

test(
  "daemon: a directory with the name of an old file costs nothing",
  async () => {
    mkdirSync(join(fileDir(), finalName(1n as Epoch, 1)), { recursive: true });
    await using replica = start({ flags: ["--storage-capacity=2"] });
    await replica.line("has pruned", ({ msg }) => msg.includes("0000000005.json"));
    expect(replica.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
    const files = readdirSync(fileDir()).filter((name) => name.startsWith("0"));
    expect(files.length).toBeLessThanOrEqual(4);
  },
  limitMs,
);
