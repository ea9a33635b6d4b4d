import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { connect, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import type { Status } from "../../../src/election/status.ts";
import { firstLeader, Replica, temporaryDirectory } from "../replica.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";

const limitMs = 60_000;
let server: ZooKeeperServer;

beforeAll(async () => {
  server = await startServer();
}, limitMs);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test(
  "daemon: its endpoints tell who leads, by status code, and follow a hand-over",
  async () => {
    using directory = temporaryDirectory();
    const sockets = ["a", "b"].map((id) => join(directory.path, `${id}.sock`));
    const replicas = ["a", "b"].map(
      (id, index) =>
        new Replica({
          servers: `${server.address.host}:${server.address.port}`,
          id,
          fileDir: join(directory.path, "files"),
          flags: ["--leader-timeout=100ms", `--http-address=unix:${sockets[index]}`],
        }),
    );
    await using stack = new AsyncDisposableStack();
    for (const replica of replicas) stack.use(replica);

    const leader = await firstLeader(replicas);
    const other = replicas.find((replica) => replica !== leader) ?? leader;
    await leader.writes();
    await other.line("follows", (line) => line["leader"] === leader.id);
    const ask = (replica: Replica, path: string): Promise<Response> =>
      fetch(`http://election${path}`, { unix: sockets[replicas.indexOf(replica)] ?? "" });

    expect((await ask(leader, "/livez")).status).toBe(200);
    expect((await ask(other, "/readyz")).status).toBe(200);
    expect((await ask(leader, "/leader")).status).toBe(200);
    const refusal = await ask(other, "/leader");
    expect(refusal.status).toBe(503);
    expect(await refusal.json()).toMatchObject({
      isLeader: false,
      leader: { replica: leader.id, httpAddress: `unix:${sockets[replicas.indexOf(leader)]}` },
    });
    const metrics = await (await ask(leader, "/metrics")).text();
    expect(metrics).toMatch(/^election_is_leader 1$/m);
    expect(metrics).toMatch(/^election_state\{state="Leader"\} 1$/m);
    // A leader sleeps until its next file, its next renewal, its next ping, and more.
    expect(metrics).toMatch(/^election_timers_pending [3-9]$/m);
    expect(metrics).toMatch(/^election_coordinator_requests_pending \d$/m);
    expect(metrics).toMatch(
      /^election_coordinator_requests_total\{operation="multi",outcome="ok"\} /m,
    );
    expect(await (await ask(leader, "/status")).json()).toMatchObject({ state: "Leader" });

    leader.kill("SIGUSR1");
    await other.writes();
    expect((await ask(other, "/leader")).status).toBe(200);
    expect((await ask(leader, "/leader")).status).toBe(503);
    other.kill("SIGTERM");
    expect(await other.exited).toBe(0);
    expect(existsSync(sockets[replicas.indexOf(other)] ?? "")).toBe(false);
  },
  limitMs,
);

test(
  "daemon: who looks on hears at once of a hand-over that happens before it in line",
  async () => {
    using directory = temporaryDirectory();
    const socketOf = (id: string): string => join(directory.path, `${id}.sock`);
    const start = (id: string): Replica =>
      new Replica({
        servers: `${server.address.host}:${server.address.port}`,
        id,
        fileDir: join(directory.path, "files"),
        flags: [
          "--zk-path=/lookers-on",
          // Without an onlooker, the last in line would read who leads so rarely.
          "--attempter-timeout=10m",
          `--state-dir=${join(directory.path, "state")}`,
          `--http-address=unix:${socketOf(id)}`,
        ],
      });
    await using first = start("first");
    await first.enters("Leader");
    await using second = start("second");
    await second.line("follows", ({ event }) => event === "attempt");
    await using third = start("third");
    await third.line("follows", ({ event }) => event === "attempt");

    const response = await fetch("http://election/events", { unix: socketOf("third") });
    const pictures = follow(response);
    const seen = await untilSeen(
      pictures,
      ({ standing }) => standing?.kind === "in-line" && standing.candidates.length === 3,
    );
    expect(seen.leader).toMatchObject({ replica: "first" });
    expect(seen.standing).toEqual({
      kind: "in-line",
      position: 2,
      size: 3,
      candidates: ["first", "second", "third"],
    });
    first.kill("SIGUSR1");
    const after = await untilSeen(pictures, ({ leader }) => leader?.replica === "second");
    expect(after.leaderships[0]).toMatchObject({ replica: "second", reason: null });
    expect(await third.line("one attempt", ({ event }) => event === "attempt")).toBeDefined();
    expect(third.lines.filter(({ event }) => event === "attempt")).toHaveLength(1);

    // The stream does not hold up the end, and the replicas of the host share what they saw.
    third.kill("SIGTERM");
    expect(await third.exited).toBe(0);
    let last: Status | undefined;
    for await (const picture of pictures) last = picture;
    expect(last?.state).toBe("Stopping");
    await using again = start("third");
    await again.line("follows", ({ event }) => event === "attempt");
    const status = await fetch("http://election/status", { unix: socketOf("third") });
    const { leaderships } = (await status.json()) as Status;
    const told = leaderships.map(({ change, replica, reason }) => [change, replica, reason]);
    expect(told).toContainEqual(["began", "second", null]);
    expect(told).toContainEqual(["ended", "first", "step-down"]);
  },
  limitMs,
);

test(
  "daemon: whoever asks nothing, or only ever more slowly, is cut off, and others are answered",
  async () => {
    using directory = temporaryDirectory();
    const socket = join(directory.path, "e.sock");
    const start = (id: string, address: string): Replica =>
      new Replica({
        servers: `${server.address.host}:${server.address.port}`,
        id,
        fileDir: join(directory.path, id),
        flags: [`--http-address=${address}`],
      });
    await using overTcp = start("tcp", "127.0.0.1:0");
    await using overUnix = start("unix", `unix:${socket}`);
    const [host = "", port] = (await listening(overTcp)).split(":");
    await listening(overUnix);
    const openedAt = performance.now();
    const begun = "GET /livez HTTP/1.1\r\nHost: x\r\n";
    const slow = [{ host, port: Number(port) }, { path: socket }].flatMap((address) => [
      cutOff(address, ""),
      cutOff(address, begun),
      cutOff(address, begun, "a"),
      cutOff(address, `POST /livez HTTP/1.1\r\nContent-Length: 1000\r\n\r\n`, "a"),
      cutOff(address, `${begun}\r\n`),
    ]);
    await Promise.all(slow.map(({ opened }) => opened));
    expect((await fetch(`http://${host}:${port}/livez`)).status).toBe(200);
    await Promise.all(slow.map(({ closed }) => closed));
    expect(performance.now() - openedAt).toBeLessThan(30_000);
  },
  limitMs,
);

/** The pictures that a stream of events tells, one after the other. */
async function* follow(response: Response): AsyncGenerator<Status> {
  const decoder = new TextDecoder();
  let picture = {} as Status;
  let rest = "";
  for await (const bytes of response.body ?? []) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      picture = { ...picture, ...(JSON.parse(data) as Partial<Status>) };
      yield picture;
    }
  }
}

async function untilSeen(
  pictures: AsyncGenerator<Status>,
  isSeen: (status: Status) => boolean,
): Promise<Status> {
  for (;;) {
    const { value, done } = await pictures.next();
    if (done === true) throw new Error("the stream ended before it was seen");
    if (isSeen(value)) return value;
  }
}

/** The address at which it answers. */
async function listening(replica: Replica): Promise<string> {
  const line = await replica.line("listens", ({ event }) => event === "http");
  return line.msg.replace("answers HTTP at ", "");
}

/** Sends bytes, and perhaps one more every second, and leaves the end to the server. */
function cutOff(address: NetConnectOpts, bytes: string, drip = "") {
  const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const socket = connect(address, () => {
    socket.write(bytes);
    opened.resolve();
  });
  const dripping = setInterval(() => socket.write(drip), 1000);
  socket.on("data", () => undefined);
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearInterval(dripping);
    closed.resolve();
  });
  return { opened: opened.promise, closed: closed.promise };
}
