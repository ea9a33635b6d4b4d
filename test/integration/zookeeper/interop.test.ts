import { afterAll, beforeAll, expect, test } from "bun:test";
import { digestCredential, digestId } from "../../../src/zookeeper/credentials.ts";
import { ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import { Permission } from "../../../src/zookeeper/protocol/records.ts";
import { startServer } from "../zookeeper-server.ts";
import type { ZooKeeperServer } from "../zookeeper-server.ts";
import { bytes, connect, forever, text } from "./real-client.fixture.ts";
import type { RealClient } from "./real-client.fixture.ts";
import { ReferenceClient } from "./reference-client.ts";

let server: ZooKeeperServer;
let reference: ReferenceClient;
let ours: RealClient;

beforeAll(async () => {
  server = await startServer();
  reference = await ReferenceClient.start(server.address.port);
  ours = await connect([server]);
}, 180_000);

afterAll(async () => {
  await ours[Symbol.asyncDispose]();
  await reference[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** What the reference client prints for a session: 64 bits in hexadecimal. */
function sessionName(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}

function code(error: unknown): string {
  if (error instanceof ZooKeeperError) return error.code;
  throw error;
}

test("interop: what one writes, the other reads, in both directions", async () => {
  await ours.client.create("/ours", bytes("grüße"));
  expect(await reference.ask("get", { path: "/ours" })).toMatchObject({
    data: "grüße",
    version: 0,
  });
  await reference.ask("create", { path: "/theirs", data: "日本", mode: "persistent" });
  expect(text((await ours.client.getData("/theirs")).data)).toBe("日本");
  expect(await reference.ask("set", { path: "/ours", data: "two" })).toBe(1);
  expect(text((await ours.client.getData("/ours")).data)).toBe("two");
  expect((await ours.client.setData("/theirs", bytes("zwei"), { version: 0 })).version).toBe(1);
  expect(await reference.ask("get", { path: "/theirs" })).toMatchObject({ data: "zwei" });
  await ours.client.create("/ours/child", bytes(""));
  expect(await reference.ask("children", { path: "/ours" })).toEqual(["child"]);
  await reference.ask("create", { path: "/theirs/child", data: "", mode: "container" });
  expect((await ours.client.getChildren("/theirs")).children).toEqual(["child"]);
  await reference.ask("delete", { path: "/ours/child" });
  expect((await ours.client.exists("/ours/child")).stat).toBeUndefined();
});

test("interop: what our multi commits, the reference client reads", async () => {
  await ours.client.multi([
    { kind: "create", path: "/multi", data: bytes("a") },
    { kind: "create", path: "/multi/ephemeral", data: bytes(""), mode: "ephemeral" },
    { kind: "set", path: "/multi", data: bytes("b") },
  ]);
  expect(await reference.ask("get", { path: "/multi" })).toMatchObject({ data: "b", version: 1 });
});

test("interop: each sees the other's ephemeral nodes and their owner", async () => {
  await ours.client.create("/e-ours", bytes(""), { mode: "ephemeral" });
  expect(await reference.ask("get", { path: "/e-ours" })).toMatchObject({
    ephemeralOwner: sessionName(ours.client.sessionId),
  });
  const mode = "ephemeral-sequential";
  const path = await reference.ask("create", { path: "/e-theirs-", data: "", mode });
  const { stat } = await ours.client.exists(String(path));
  expect(sessionName(stat?.ephemeralOwner ?? 0n)).toBe(String(await reference.ask("session")));
});

test("interop: each one's watches fire on what the other does", async () => {
  await reference.ask("watch", { path: "/w" });
  const { watch } = await ours.client.exists("/w", { watch: forever });
  await ours.client.create("/w", bytes(""));
  expect(await reference.event()).toEqual({ event: 1, path: "/w" });
  expect(await watch).toMatchObject({ kind: "created" });
  const changed = await ours.client.getData("/w", { watch: forever });
  await reference.ask("set", { path: "/w", data: "x" });
  expect(await changed.watch).toEqual({ kind: "changed", path: "/w", unbroken: true });
  const children = await ours.client.getChildren("/w", { watch: forever });
  await reference.ask("create", { path: "/w/c", data: "", mode: "persistent" });
  expect(await children.watch).toMatchObject({ kind: "children-changed" });
});

test("interop: an ACL that one sets binds the other, and is read alike", async () => {
  const acl = [
    { permissions: Permission.all, scheme: "digest", id: digestId("user", "secret") },
    { permissions: Permission.read, scheme: "ip", id: "10.0.0.1" },
  ];
  const theirs = acl.map(({ permissions, scheme, id }) => ({
    perms: permissions,
    scheme,
    auth: id,
  }));
  await ours.client.create("/acl-ours", bytes("s"), { acl });
  expect(await reference.ask("get", { path: "/acl-ours" }).catch(String)).toContain("-102");
  await reference.ask("create", { path: "/acl-theirs", data: "s", mode: "persistent" });
  await reference.ask("setAcl", { path: "/acl-theirs", acl: theirs });
  expect(await ours.client.getData("/acl-theirs").catch(code)).toBe("no-auth");
  await reference.ask("authenticate", { user: "user", password: "secret" });
  ours.client.addCredential(digestCredential("user", "secret"));
  expect(await reference.ask("get", { path: "/acl-ours" })).toMatchObject({ data: "s" });
  expect(text((await ours.client.getData("/acl-theirs")).data)).toBe("s");
  expect(await reference.ask("getAcl", { path: "/acl-ours" })).toEqual(theirs);
  expect((await ours.client.getAcl("/acl-theirs")).acl).toEqual(acl);
  await ours.client.setAcl("/acl-theirs", acl.slice(0, 1));
  expect(await reference.ask("getAcl", { path: "/acl-theirs" })).toEqual(theirs.slice(0, 1));
});

test("interop: when one is gone, the other sees its ephemeral nodes go", async () => {
  const { watch } = await ours.client.exists("/gone", { watch: forever });
  await reference.ask("create", { path: "/gone", data: "", mode: "ephemeral" });
  await watch;
  const deleted = await ours.client.exists("/gone", { watch: forever });
  await reference.ask("watch", { path: "/e-ours" });
  await ours.client.delete("/e-ours");
  expect(await reference.event()).toEqual({ event: 2, path: "/e-ours" });
  await reference.ask("close");
  expect(await deleted.watch).toEqual({ kind: "deleted", path: "/gone", unbroken: true });
});
