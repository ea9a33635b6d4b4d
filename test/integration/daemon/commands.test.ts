import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, firstLeader, Replica, temporaryDirectory } from "../replica.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";

const limitMs = 60_000;
let server: ZooKeeperServer;
let servers = "";
let service = 0;

beforeAll(async () => {
  server = await startServer();
  servers = `${server.address.host}:${server.address.port}`;
}, limitMs);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs the program as an operator does. */
async function election(...words: readonly string[]) {
  const ran = Bun.spawn([binary, ...words], { stdout: "pipe", stderr: "pipe", env: {}, cwd: "/" });
  const [out, told] = await Promise.all([
    new Response(ran.stdout).text(),
    new Response(ran.stderr).text(),
  ]);
  return { code: await ran.exited, out, told };
}

/** Replicas of a service of their own, that answer on socket files. */
function start(directory: string, ids: readonly string[], ...flags: readonly string[]): Replica[] {
  service += 1;
  const path = `--zk-path=/commands/number-${service}`;
  return ids.map((id) => {
    const socket = `--http-address=unix:${join(directory, `${id}.sock`)}`;
    const timing = ["--leader-timeout=100ms", "--attempter-timeout=500ms"];
    const fileDir = join(directory, "files");
    return new Replica({ servers, id, fileDir, flags: [path, ...timing, socket, ...flags] });
  });
}

test(
  "commands: step-down hands over, and the replica does not stand again for the time",
  async () => {
    using directory = temporaryDirectory();
    await using stack = new AsyncDisposableStack();
    const replicas = start(directory.path, ["a", "b"]);
    for (const replica of replicas) stack.use(replica);
    const leader = await firstLeader(replicas);
    const other = replicas.find((replica) => replica !== leader) ?? leader;
    await other.line("follows", (line) => line["leader"] === leader.id);
    const socket = `unix:${join(directory.path, `${leader.id}.sock`)}`;

    const done = await election("step-down", socket, "--for=3s", "--json");
    expect(done.told).toBe("");
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.out)).toMatchObject({ replica: leader.id, leader: other.id });
    expect((await election("status", socket)).out).toMatch(/^ {2}rests {3}[012]\.\d s more$/m);
    expect(await election("step-down", socket)).toMatchObject({
      code: 3,
      told: `election: ${socket}: it does not lead; ${other.id} does\n`,
    });

    // With the other one gone nobody leads: neither the line nor the regular attempts may hurry it.
    other.kill("SIGTERM");
    expect(await other.exited).toBe(0);
    const history = await election("history", socket, "--json");
    expect(JSON.parse(history.out)).toMatchObject({
      leaderships: [
        { replica: leader.id, reason: "step-down" },
        { replica: other.id, reason: null },
      ],
    });
    await leader.line("says that nobody leads", (line) => line["change"] === "vacant");
    const before = leader.lines.length;
    const [began, again] = [
      await leader.line("rests", (line) => line["change"] === "began"),
      await leader.enters("Leader", before),
    ];
    expect(Date.parse(again.time) - Date.parse(began.time)).toBeGreaterThanOrEqual(2_950);
    const attempts = leader.lines.filter(({ event }) => event === "attempt").length;
    expect(attempts).toBe(leader.lines.filter(({ msg }) => msg.includes("succeeded")).length);
  },
  limitMs,
);

test(
  "commands: over TCP step-down takes the token; alone, the replica says that nobody leads",
  async () => {
    using directory = temporaryDirectory();
    const tokenPath = join(directory.path, "token");
    writeFileSync(tokenPath, "0123456789abcdef\n", { mode: 0o644 });
    await using replica = new Replica({
      servers,
      id: "a",
      fileDir: join(directory.path, "files"),
      flags: [
        "--zk-path=/commands/token",
        "--http-address=127.0.0.1:0",
        `--http-token-file=${tokenPath}`,
      ],
    });
    const warning = await replica.line("warns of the mode", ({ level }) => level === "warn");
    expect(warning.msg).toContain("others may read it");
    const told = await replica.line("answers HTTP", ({ msg }) => msg.startsWith("answers HTTP at"));
    const address = told.msg.slice("answers HTTP at ".length);
    await replica.enters("Leader");

    const refused = await election("step-down", address);
    expect(refused).toMatchObject({ code: 77, out: "" });
    expect(refused.told).toContain("a token is needed: give --http-token-file=<path>");
    expect(replica.edges.at(-1)).toBe("Attempter>Leader:elected");
    const done = await election("step-down", address, `--http-token-file=${tokenPath}`, "--for=1m");
    expect(done.code).toBe(0);
    expect(done.out).toContain("Nobody leads: no other replica took over. a stands again in");
    expect(replica.edges.at(-1)).toBe("Leader>Attempter:step-down");
  },
  limitMs,
);

test(
  "commands: SIGHUP changes the pace of a leader, keeps what cannot change, and outlives a bad file",
  async () => {
    using directory = temporaryDirectory();
    const envFile = join(directory.path, "env");
    writeFileSync(envFile, "ELECTION_LEADER_TIMEOUT=1h\n");
    await using replica = new Replica({
      servers,
      id: "a",
      fileDir: join(directory.path, "files"),
      flags: [
        "--zk-path=/commands/reload",
        `--env-file=${envFile}`,
        `--http-address=unix:${join(directory.path, "a.sock")}`,
      ],
    });
    await replica.writes();
    let before = replica.lines.length;
    writeFileSync(envFile, "ELECTION_LEADER_TIMEOUT=soon\n");
    replica.kill("SIGHUP");
    const refusal = await replica.line("refuses", ({ event }) => event === "reload", before);
    expect(refusal).toMatchObject({ level: "warn" });
    expect(refusal.msg).toContain(`(${envFile} line 1) "soon": expected a duration`);

    before = replica.lines.length;
    writeFileSync(envFile, "ELECTION_LEADER_TIMEOUT=50ms\nELECTION_SESSION_TIMEOUT=9s\n");
    replica.kill("SIGHUP");
    await replica.line("keeps", ({ msg }) => msg.includes("1 changed, 1 kept"), before);
    for (let file = 0; file < 3; file += 1) {
      await replica.writes(before);
      before = replica.lines.findIndex(({ event }, at) => at >= before && event === "file-written");
      before += 1;
    }
    const status = await election("status", `unix:${join(directory.path, "a.sock")}`, "--json");
    const { settings } = JSON.parse(status.out) as { settings: { option: string }[] };
    expect(settings.find(({ option }) => option === "leader-timeout")).toMatchObject({
      value: "50ms",
      source: "env-file",
    });
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
  },
  limitMs,
);

test(
  "commands: status asks whom ZooKeeper knows, and each of them how it is",
  async () => {
    using directory = temporaryDirectory();
    await using stack = new AsyncDisposableStack();
    const replicas = start(directory.path, ["a", "b", "c"]);
    for (const replica of replicas) stack.use(replica);
    const leader = await firstLeader(replicas);
    const others = replicas.filter((replica) => replica !== leader);
    const stands = (other: Replica): Promise<unknown> =>
      other.line("follows", (line) => line["leader"] === leader.id);
    await Promise.all(others.map(stands));
    const path = `--zk-path=/commands/number-${service}`;
    let all = await election("status", `--zk-servers=${servers}`, path, "--json");
    // They register a moment after they have learned who leads.
    for (let turn = 0; turn < 50 && all.out.split('"position"').length < 4; turn += 1) {
      all = await election("status", `--zk-servers=${servers}`, path, "--json");
    }
    expect(all).toMatchObject({ code: 0, told: "" });
    const { replicas: listed } = JSON.parse(all.out) as { replicas: Listed[] };
    expect(listed.map(({ replica }) => replica.replica).toSorted()).toEqual(["a", "b", "c"]);
    expect(listed.find(({ leads }) => leads)).toMatchObject({
      replica: { replica: leader.id },
      status: { state: "Leader" },
    });
    const [first] = others;
    await first?.[Symbol.asyncDispose]();
    const table = await election("status", `--zk-servers=${servers}`, path);
    expect(table.code).toBe(69);
    expect(table.out).toMatch(
      new RegExp(`^${first?.id} .*\\(in line\\).*nobody listens there$`, "m"),
    );
    expect(await election("status", `--zk-servers=${servers}`, "--zk-path=/nobody")).toEqual({
      code: 3,
      out: "Nobody leads at /nobody, and nobody is in line: is --zk-path right?\n",
      told: "",
    });
  },
  limitMs,
);

interface Checked {
  readonly findings: readonly { readonly subject: string; readonly level: string }[];
}

test(
  "commands: check finds a dead server and a directory that cannot be written",
  async () => {
    using directory = temporaryDirectory();
    const fileDir = join(directory.path, "files");
    const alone = await election("check", `--zk-servers=${servers}`, `--file-dir=${fileDir}`);
    // One server alone is the only thing to say: it is as an operator would not have it.
    expect(alone).toMatchObject({ code: 4, told: "" });
    expect(alone.out).toMatch(/^ok +server 127\.0\.0\.1:\d+ +version 3\.\d+\.\d+, standalone/m);
    expect(alone.out).toMatch(/^ok +failover +at most .* with a tick of 500 ms$/m);
    expect(alone.out.match(/^(?!ok)\w+ +\S+/gm)).toEqual(["warning  servers"]);

    const flags = [`--zk-servers=${servers},127.0.0.1:1`, "--file-dir=/proc", "--json"];
    const broken = await election("check", ...flags);
    expect(broken.code).toBe(69);
    const { findings } = JSON.parse(broken.out) as Checked;
    const errors = findings.filter(({ level }) => level === "error");
    expect(errors.map(({ subject }) => subject)).toEqual([
      "server 127.0.0.1:1",
      "servers",
      "directory",
    ]);
  },
  limitMs,
);

interface Listed {
  readonly replica: { readonly replica: string };
  readonly leads: boolean;
}
