import { afterAll, beforeAll, expect, test } from "bun:test";
import { startEnsemble } from "../zookeeper-server.ts";
import type { ZooKeeperServer } from "../zookeeper-server.ts";
import type { RealClient } from "./real-client.fixture.ts";
import { bytes, connect, forever } from "./real-client.fixture.ts";

let members: readonly ZooKeeperServer[];

beforeAll(async () => {
  members = await startEnsemble(3);
}, 60_000);

afterAll(async () => {
  await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
});

/** A client of all members that is connected to a follower, and that follower. */
async function connectToFollower(): Promise<{ real: RealClient; follower: ZooKeeperServer }> {
  for (;;) {
    const real = await connect(members);
    const follower = members.find(({ address }) => real.client.server === formatted(address));
    if (follower !== undefined && (await follower.mode()) === "follower") return { real, follower };
    await real.client.close(AbortSignal.timeout(5_000));
  }
}

function formatted(address: { host: string; port: number }): string {
  return `${address.host}:${address.port}`;
}

test("ensemble: a killed follower costs the session less than 100 ms (C)", async () => {
  const { real, follower } = await connectToFollower();
  await using _ = real;
  const { client } = real;
  const { sessionId } = client;
  await client.create("/c", bytes(""), { mode: "ephemeral" });
  // A connection that has lasted is the usual case.
  await Bun.sleep(1_100);
  const suspended = real.next("suspended");
  const resumed = real.next("resumed");
  await follower.stop();
  const lostAt = (await suspended).at;
  const { event, at } = await resumed;
  expect(at - lostAt).toBeLessThan(100);
  expect(event).toHaveProperty("server");
  expect(client.server).not.toBe(formatted(follower.address));
  expect(client.sessionId).toBe(sessionId);
  expect((await client.exists("/c")).stat?.ephemeralOwner).toBe(sessionId);
  await follower.restart();
}, 60_000);

test("ensemble: a stopped member is left after 2/3 of the session, which lives on (D)", async () => {
  const { real, follower } = await connectToFollower();
  await using _ = real;
  await using observer = await connect(members.filter((member) => member !== follower));
  const { client } = real;
  const { sessionId, sessionTimeoutMs } = client;
  await client.create("/d", bytes(""), { mode: "ephemeral" });
  const { watch } = await observer.client.exists("/d", { watch: forever });
  const suspended = real.next("suspended");
  const resumed = real.next("resumed");
  const stoppedAt = performance.now();
  await follower.kill("SIGSTOP");
  try {
    expect((await suspended).at - stoppedAt).toBeLessThan((sessionTimeoutMs * 2) / 3 + 200);
    await resumed;
    expect(client.server).not.toBe(formatted(follower.address));
    expect(client.sessionId).toBe(sessionId);
    // Longer than the old server would have let it live.
    await Bun.sleep(sessionTimeoutMs);
    expect((await client.exists("/d")).stat?.ephemeralOwner).toBe(sessionId);
    expect(await Promise.race([watch, Bun.sleep(0).then(() => "silent")])).toBe("silent");
  } finally {
    await follower.kill("SIGCONT");
  }
}, 60_000);

test("ensemble: a sync makes another member's write visible", async () => {
  const [first, second] = members;
  if (first === undefined || second === undefined) throw new Error("no ensemble");
  await using writer = await connect([first]);
  await using reader = await connect([second]);
  for (let round = 0; round < 20; round += 1) {
    await writer.client.create(`/sync-${round}`, bytes(""));
    await reader.client.sync("/");
    expect((await reader.client.exists(`/sync-${round}`)).stat).toBeDefined();
  }
}, 30_000);
