import { expect } from "bun:test";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import {
  setDataBody,
  versionedBody,
  watchableBody,
} from "../../../src/zookeeper/protocol/requests.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import { type ContractClause, type ContractStage, type Member, rolesOf } from "./stage.ts";
import { type SessionProof, WireClient } from "./wire-client.ts";

const changed = new Uint8Array([1]);
const zeros = new Uint8Array(16);
const neverSeen = 2n ** 62n;

/**
 * The server answers that it does not know the session, and closes. If the session's end reaches
 * it at this very moment, it closes without an answer, and is asked again.
 */
export async function expectRefused(
  stage: ContractStage,
  member: Member,
  { sessionId, password }: SessionProof,
): Promise<void> {
  for (;;) {
    using client = await WireClient.open(stage, member);
    const answer = await client.greet({ sessionId, password, timeoutMs: 8 * stage.tickMs });
    if (answer !== undefined) {
      expect(answer).toEqual({ timeoutMs: 0, sessionId: 0n, password: zeros });
    }
    expect(await client.next()).toBeUndefined();
    if (answer !== undefined) return;
  }
}

export const sessionClauses: readonly ContractClause[] = [
  {
    name: "the timeout is granted between 2 and 20 ticks, to a resumed session anew",
    check: async (stage) => {
      const { tickMs } = stage;
      const { leader, follower } = await rolesOf(stage);
      for (const member of [leader, follower]) {
        for (const [asked, granted] of [
          [1, 2 * tickMs],
          [5 * tickMs + 1, 5 * tickMs + 1],
          [1e9, 20 * tickMs],
        ] as const) {
          const first = await WireClient.open(stage, member);
          expect(await first.greet({ timeoutMs: asked })).toMatchObject({ timeoutMs: granted });
          first[Symbol.dispose]();
          const again = await WireClient.open(stage, member);
          const { sessionId, password } = first;
          const resumed = await again.greet({ sessionId, password, timeoutMs: 3 * tickMs });
          expect(resumed).toEqual({ timeoutMs: 3 * tickMs, sessionId, password });
          await again.end();
        }
      }
    },
  },
  {
    name: "a session is resumed at any server by its id and password, and keeps its nodes",
    check: async (stage) => {
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const first = await WireClient.begin(stage, follower);
      await first.create("/resumed", "ephemeral");
      first[Symbol.dispose]();
      let last = first;
      for (const member of [otherFollower, leader, follower]) {
        const client = await WireClient.resume(stage, member, last);
        expect(client.password).toEqual(first.password);
        expect(await client.exists("/resumed")).toMatchObject({ ephemeralOwner: first.sessionId });
        await client.set("/resumed", changed);
        client[Symbol.dispose]();
        last = client;
      }
      await (await WireClient.resume(stage, leader, last)).end();
    },
  },
  {
    name: "a wrong password is refused and drops the rightful connection, not the session",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      for (const [member, path] of [
        [leader, "/password-leader"],
        [follower, "/password-follower"],
      ] as const) {
        const rightful = await WireClient.begin(stage, member);
        await rightful.create(path, "ephemeral");
        const { sessionId } = rightful;
        await expectRefused(stage, member, { sessionId, password: zeros });
        expect(await rightful.next()).toBeUndefined();
        const again = await WireClient.resume(stage, member, rightful);
        expect(await again.exists(path)).toMatchObject({ ephemeralOwner: sessionId });
        await again.end();
      }
    },
  },
  {
    name: "a closed session, and one that never was, is refused by every server",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const closed = await WireClient.begin(stage, follower);
      await closed.create("/closed", "ephemeral");
      await closed.end();
      const stranger = { sessionId: closed.sessionId + 4_711n, password: closed.password };
      for (const member of stage.members) {
        await expectRefused(stage, member, closed);
        await expectRefused(stage, member, stranger);
      }
      const reader = await WireClient.begin(stage, follower);
      expect(await reader.exists("/closed")).toBeUndefined();
      await reader.end();
    },
  },
  {
    name: "a server that has seen less than the client closes without an answer, session or not",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const owner = await WireClient.begin(stage, follower);
      await owner.create("/ahead", "ephemeral");
      const { sessionId, password } = owner;
      for (const member of stage.members) {
        for (const session of [{}, { sessionId, password }]) {
          using client = await WireClient.open(stage, member);
          const request = { ...session, timeoutMs: 8 * stage.tickMs, lastZxidSeen: neverSeen };
          expect(await client.greet(request)).toBeUndefined();
        }
      }
      // Such a request does not even drop the rightful connection.
      expect(await owner.exists("/ahead")).toMatchObject({ ephemeralOwner: sessionId });
      await owner.end();
    },
  },
  {
    name: "what a moved session's old connection writes is not done, and ends that connection",
    check: async (stage) => {
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const atFollower = await WireClient.begin(stage, follower);
      await atFollower.create("/moved");
      await atFollower.watch("data", "/moved");
      const atLeader = await WireClient.resume(stage, leader, atFollower);
      const here = await WireClient.resume(stage, otherFollower, atLeader);
      // A follower does not know that the session has moved, and reads and pings need no leader.
      await atFollower.ping();
      expect(await atFollower.exists("/moved")).toMatchObject({ version: 0 });

      atFollower.send(Opcode.setData, setDataBody("/moved", changed));
      expect(await atFollower.next()).toBeUndefined();
      atLeader.send(Opcode.ping);
      expect(await atLeader.next()).toBeUndefined();
      expect((await here.set("/moved", changed)).version).toBe(1);
      await here.end();
    },
  },
  {
    name: "a moved session's multi is refused as a whole, and its reads too at the leader",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      const atFollower = await WireClient.begin(stage, follower);
      await atFollower.create("/moved-multi");
      const atLeader = await WireClient.resume(stage, leader, atFollower);
      const multi = new WireWriter().int(Opcode.check).boolean(false).int(-1);
      multi.raw(versionedBody("/moved-multi", 0)).int(-1).boolean(true).int(-1);
      const body = multi.finish();
      atFollower.send(Opcode.multi, body);
      expect(await atFollower.next()).toBeUndefined();
      expect((await atLeader.ask(Opcode.multi, body)).error).toBe(0);

      const here = await WireClient.resume(stage, follower, atLeader);
      atLeader.send(Opcode.exists, watchableBody("/moved-multi", false));
      expect(await atLeader.next()).toBeUndefined();
      await here.end();
    },
  },
  {
    name: "watches stay with the connection that set them when the session moves",
    check: async (stage) => {
      const { follower, otherFollower } = await rolesOf(stage);
      const old = await WireClient.begin(stage, follower);
      await old.create("/left-behind");
      await old.watch("data", "/left-behind");
      const here = await WireClient.resume(stage, otherFollower, old);
      await here.set("/left-behind", changed);
      expect(await old.next()).toEqual({ kind: "event", event: ["changed", "/left-behind"] });
      old[Symbol.dispose]();
      await here.end();
    },
  },
  {
    name: "a moved session's old connection can still close the session",
    check: async (stage) => {
      const { follower, otherFollower } = await rolesOf(stage);
      const old = await WireClient.begin(stage, follower);
      await old.create("/closed-from-afar", "ephemeral");
      const here = await WireClient.resume(stage, otherFollower, old);
      await old.end();
      expect(await here.next()).toBeUndefined();
      await expectRefused(stage, otherFollower, old);
    },
  },
];
