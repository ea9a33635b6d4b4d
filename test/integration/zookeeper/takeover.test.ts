import { afterAll, beforeAll, expect, test } from "bun:test";
import { digestAccess } from "../../../src/zookeeper/access.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";
import { bytes, connect, forever } from "./real-client.fixture.ts";

let server: ZooKeeperServer;

beforeAll(async () => {
  server = await startServer();
}, 40_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** What the servers mix into every password. Source: ZooKeeperServer.java (superSecret). */
const constant = 0xb3415c00n;

/**
 * The password of a session, made of nothing but its id: 16 bytes of java.util.Random.
 * Source: ZooKeeperServer.java (generatePasswd), java.util.Random.
 */
function passwordOf(sessionId: bigint): Uint8Array {
  const mask = (1n << 48n) - 1n;
  const multiplier = 0x5deece66dn;
  let seed = (BigInt.asUintN(64, sessionId ^ constant) ^ multiplier) & mask;
  const password = new DataView(new ArrayBuffer(16));
  for (let at = 0; at < 16; at += 4) {
    seed = (seed * multiplier + 0xbn) & mask;
    password.setInt32(at, Number(BigInt.asIntN(32, seed >> 16n)), true);
  }
  return new Uint8Array(password.buffer);
}

/** What docs/security.md says of the trust border rests on this. */
test("takeover: whoever reaches the port can end any session, whatever the ACLs say", async () => {
  await using victim = await connect([server], digestAccess("ada", "lovelace"));
  await victim.client.create("/service", bytes(""));
  await victim.client.create("/service/led", bytes("us"), { mode: "ephemeral" });

  await using anonymous = await connect([server]);
  const { stat, watch } = await anonymous.client.exists("/service/led", { watch: forever });
  const denied = anonymous.client.delete("/service/led");
  expect(await denied.catch((error: Error) => error.message)).toContain("no-auth");

  const sessionId = stat?.ephemeralOwner ?? 0n;
  const password = passwordOf(sessionId);
  expect(password).toEqual(victim.client.password);
  await using thief = await connect([server], { resume: { sessionId, password } });
  expect(thief.client.state).toBe("connected");
  await thief.client.close(forever);
  expect(await watch).toMatchObject({ kind: "deleted" });
});
