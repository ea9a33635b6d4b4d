import { afterAll, beforeAll, expect, test } from "bun:test";
import { creatorAcl, Permission } from "../../../src/zookeeper/protocol/records.ts";
import { digestCredential, digestId } from "../../../src/zookeeper/credentials.ts";
import { ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import { startServer } from "../zookeeper-server.ts";
import type { ZooKeeperServer } from "../zookeeper-server.ts";
import { bytes, connect, forever, sessionTimeoutMs, text } from "./real-client.fixture.ts";

let server: ZooKeeperServer;

beforeAll(async () => {
  server = await startServer();
}, 40_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function code(error: unknown): string {
  if (error instanceof ZooKeeperError) return error.code;
  throw error;
}

test("standalone: every operation does what it says", async () => {
  await using real = await connect([server]);
  const { client } = real;
  const { path, stat } = await client.create("/all", bytes("one"));
  expect(path).toBe("/all");
  expect(stat.ephemeralOwner).toBe(0n);
  const first = await client.create("/all/n-", bytes(""), { mode: "ephemeral-sequential" });
  expect(first.path).toBe("/all/n-0000000000");
  expect(first.stat.ephemeralOwner).toBe(client.sessionId);
  await client.create("/all/", bytes(""), { mode: "persistent-sequential" });
  await client.create("/all/container", bytes(""), { mode: "container" });
  await client.create("/all/ttl", bytes(""), { mode: "persistent-ttl", ttlMs: 60_000 });
  const { children } = await client.getChildren("/all");
  expect(children.toSorted()).toEqual(["0000000001", "container", "n-0000000000", "ttl"]);
  expect((await client.setData("/all", bytes("two"), { version: 0 })).version).toBe(1);
  expect(await client.setData("/all", bytes(""), { version: 0 }).catch(code)).toBe("bad-version");
  expect(text((await client.getData("/all")).data)).toBe("two");
  expect((await client.exists("/none")).stat).toBeUndefined();
  expect(await client.delete("/all").catch(code)).toBe("not-empty");
  await client.sync("/all");
  expect(await client.whoAmI()).toEqual([{ scheme: "ip", user: "127.0.0.1" }]);
  const results = await client.multi([
    { kind: "create", path: "/all/m", data: bytes("") },
    { kind: "set", path: "/all", data: bytes("three") },
    { kind: "check", path: "/all", version: 2 },
    { kind: "delete", path: "/all/m" },
  ]);
  expect(results.map(({ kind }) => kind)).toEqual(["created", "set", "checked", "deleted"]);
  const refused = client.multi([
    { kind: "delete", path: "/all/ttl" },
    { kind: "create", path: "/all", data: bytes("") },
  ]);
  expect(await refused.catch((error: unknown) => error)).toMatchObject({
    name: "MultiError",
    index: 1,
    code: "node-exists",
    path: "/all",
  });
  expect((await client.exists("/all/ttl")).stat).toBeDefined();
});

test("standalone: watches of every kind fire, and a persistent one stays", async () => {
  await using watcher = await connect([server]);
  await using actor = await connect([server]);
  const missing = await watcher.client.exists("/watched", { watch: forever });
  await actor.client.create("/watched", bytes(""));
  expect(await missing.watch).toEqual({ kind: "created", path: "/watched", unbroken: true });
  const children = await watcher.client.getChildren("/watched", { watch: forever });
  await actor.client.create("/watched/child", bytes(""));
  expect(await children.watch).toMatchObject({ kind: "children-changed" });
  const data = await watcher.client.getData("/watched", { watch: forever });
  await watcher.client.removeWatches("/watched", { kind: "data" });
  expect(await data.watch).toEqual({ kind: "aborted" });
  const persistent = await watcher.client.addWatch("/watched", { recursive: true });
  await actor.client.setData("/watched/child", bytes("1"));
  await actor.client.delete("/watched/child");
  const seen: string[] = [];
  for await (const event of persistent) {
    seen.push(event.kind);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual(["changed", "deleted"]);
  await persistent.close();
  expect(await watcher.client.removeWatches("/watched").catch(code)).toBe("no-watcher");
});

test("standalone: a digest ACL opens for its user only, also from the queue (H)", async () => {
  const credentials = [digestCredential("user", "secret")];
  await using owner = await connect([server], { credentials });
  await using stranger = await connect([server]);
  await owner.client.create("/locked", bytes("x"), { acl: creatorAcl });
  expect((await owner.client.getAcl("/locked")).acl).toEqual([
    { permissions: Permission.all, scheme: "digest", id: digestId("user", "secret") },
  ]);
  expect(await stranger.client.getData("/locked").catch(code)).toBe("no-auth");
  const suspended = owner.next("suspended");
  await server.stop();
  await suspended;
  const queued = owner.client.getData("/locked");
  await server.restart();
  expect(text((await queued).data)).toBe("x");
  stranger.client.addCredential(digestCredential("user", "secret"));
  expect(text((await stranger.client.getData("/locked")).data)).toBe("x");
}, 30_000);

test("standalone: an unknown scheme ends the session as auth-failed", async () => {
  await using real = await connect([server]);
  const ended = real.next("ended");
  real.client.addCredential({ scheme: "nonsense", auth: bytes("x") });
  await ended;
  expect(real.client.end?.kind).toBe("auth-failed");
});

test("standalone: a server killed and restarted keeps session, watches, ephemerals (A)", async () => {
  await using real = await connect([server], { sessionTimeoutMs: 10_000 });
  const { client } = real;
  const { sessionId } = client;
  await client.create("/mine", bytes(""), { mode: "ephemeral" });
  const { watch } = await client.getData("/mine", { watch: forever });
  const resumed = real.next("resumed");
  await server.stop();
  await server.restart();
  await resumed;
  expect(client.sessionId).toBe(sessionId);
  expect((await client.exists("/mine")).stat?.ephemeralOwner).toBe(sessionId);
  await client.setData("/mine", bytes("changed"));
  expect(await watch).toEqual({ kind: "changed", path: "/mine", unbroken: false });
}, 30_000);

test("standalone: an ambiguous create is settled by the owner of the node (M)", async () => {
  await using real = await connect([server], { sessionTimeoutMs: 10_000 });
  const { client } = real;
  await server.kill("SIGSTOP");
  const created = client.create("/ambiguous", bytes(""), { mode: "ephemeral" }).catch((e) => e);
  await Bun.sleep(20);
  await server.kill("SIGKILL");
  expect(await created).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  await server.restart();
  const { stat } = await client.exists("/ambiguous");
  if (stat !== undefined) expect(stat.ephemeralOwner).toBe(client.sessionId);
  else await client.create("/ambiguous", bytes(""), { mode: "ephemeral" });
}, 30_000);

test("standalone: ephemerals of a closed session go at once, of an abandoned one later", async () => {
  await using observer = await connect([server]);
  const closing = await connect([server]);
  await closing.client.create("/e1", bytes(""), { mode: "ephemeral" });
  await closing.client.close(forever);
  expect((await observer.client.exists("/e1")).stat).toBeUndefined();
  const abandoned = await connect([server], { sessionTimeoutMs: 1_000 });
  await abandoned.client.create("/e2", bytes(""), { mode: "ephemeral" });
  const { stat, watch } = await observer.client.exists("/e2", { watch: forever });
  expect(stat).toBeDefined();
  abandoned.client.abandon();
  expect(await watch).toEqual({ kind: "deleted", path: "/e2", unbroken: true });
}, 20_000);

test("standalone: a session is handed over by id and password", async () => {
  await using former = await connect([server]);
  await former.client.create("/handed", bytes(""), { mode: "ephemeral" });
  const { sessionId, password, lastZxid } = former.client;
  await using heir = await connect([server], { resume: { sessionId, password, lastZxid } });
  former.client.abandon();
  expect(heir.client.sessionId).toBe(sessionId);
  expect((await heir.client.exists("/handed")).stat?.ephemeralOwner).toBe(sessionId);
});

test("standalone: a server that comes back with nothing ends the session (N)", async () => {
  await using real = await connect([server]);
  await real.client.create("/before", bytes(""));
  const ended = real.next("ended");
  await server.stop();
  server.wipe();
  await server.restart();
  await ended;
  expect(real.client.end?.kind).toBe("expired");
  await using next = await connect([server], { sessionTimeoutMs });
  expect((await next.client.exists("/before")).stat).toBeUndefined();
}, 30_000);
