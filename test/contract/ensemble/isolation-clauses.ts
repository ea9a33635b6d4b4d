import { expect } from "bun:test";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { readStat } from "../../../src/zookeeper/protocol/records.ts";
import { setDataBody, watchableBody } from "../../../src/zookeeper/protocol/requests.ts";
import { deletionOf, expectLife, longestLifeMs } from "./expiry-clauses.ts";
import { expectRefused } from "./session-clauses.ts";
import { type ContractClause, type ContractStage, type Member, rolesOf } from "./stage.ts";
import { WireClient } from "./wire-client.ts";

const never = new AbortController().signal;
const changed = new Uint8Array([1]);

/** Pings and reads an ephemeral node of its own until the server closes the connection. */
async function useUntilClosed(
  stage: ContractStage,
  client: WireClient,
  path: string,
): Promise<{ readonly answeredAt: number; readonly closedAt: number }> {
  const { scheduler, tickMs } = stage;
  let answeredAt = scheduler.now();
  for (;;) {
    client.send(Opcode.ping);
    client.send(Opcode.exists, watchableBody(path, false));
    const [pong, read] = [await client.next(), await client.next()];
    if (pong === undefined || read?.kind !== "reply") {
      return { answeredAt, closedAt: scheduler.now() };
    }
    expect(read.error).toBe(0);
    expect(readStat(read.body).ephemeralOwner).toBe(client.sessionId);
    answeredAt = scheduler.now();
    await scheduler.sleep(tickMs / 5, never);
  }
}

/** Somebody else has what the session lost; what the cut-off server makes of newcomers. */
async function expectStale(
  stage: ContractStage,
  hole: Member,
  successor: WireClient,
): Promise<{
  readonly resumption: Promise<unknown>;
}> {
  const { sessionId, password, zxid } = successor;
  // It knows neither the session nor that it does not, but a wrong password when it sees one.
  await expectRefused(stage, hole, { sessionId, password: new Uint8Array(16) });
  const request = { sessionId, password, timeoutMs: 20 * stage.tickMs };
  using ahead = await WireClient.open(stage, hole);
  expect(await ahead.greet({ ...request, lastZxidSeen: zxid })).toBeUndefined();
  const client = await WireClient.open(stage, hole);
  return { resumption: client.greet(request) };
}

/** Until when a server goes on that nobody talks to any more. */
function patienceMs({ syncLimit, tickMs, slackMs }: ContractStage): number {
  return (syncLimit + 1) * tickMs + slackMs;
}

export const isolationClauses: readonly ContractClause[] = [
  {
    name: "a forwarded write keeps no session alive, only what the follower reports in its pings",
    check: async (stage) => {
      const { scheduler, tickMs } = stage;
      const { follower, otherFollower } = await rolesOf(stage);
      const timeoutMs = 4 * tickMs;
      follower.withholdTouches(true);
      const askedAt = scheduler.now();
      const client = await WireClient.begin(stage, follower, timeoutMs);
      const grantedAt = scheduler.now();
      await client.create("/untold", "ephemeral");
      await client.create("/untold-writes");
      const deletion = await deletionOf(stage, otherFollower, "/untold");
      let writtenAt = grantedAt;
      for (;;) {
        client.send(Opcode.setData, setDataBody("/untold-writes", changed));
        const message = await client.next();
        if (message?.kind !== "reply" || message.error !== 0) break;
        writtenAt = scheduler.now();
        await scheduler.sleep(tickMs / 4, never);
      }
      const deletedAt = await deletion.at;
      follower.withholdTouches(false);
      expect(deletedAt - askedAt).toBeGreaterThanOrEqual(timeoutMs - 2);
      expect(deletedAt - grantedAt).toBeLessThanOrEqual(longestLifeMs(stage, timeoutMs));
      // Less than a timeout ago the leader itself had carried out a request of this session.
      expect(deletedAt - writtenAt).toBeLessThan(timeoutMs);
      await expectLife(stage, follower, "/told", (other) => other.set("/told", changed));
    },
  },
  {
    name: "a follower that is cut off answers pings and reads of sessions that are gone elsewhere",
    check: async (stage) => {
      const { scheduler, tickMs } = stage;
      const { follower: hole, otherFollower } = await rolesOf(stage);
      const timeoutMs = 3 * tickMs;
      const writer = await WireClient.begin(stage, hole, 20 * tickMs);
      const owner = await WireClient.begin(stage, hole, timeoutMs);
      await owner.create("/hole", "ephemeral");
      const deletion = await deletionOf(stage, otherFollower, "/hole");
      hole.isolate();
      const isolatedAt = scheduler.now();
      try {
        const use = useUntilClosed(stage, owner, "/hole");
        writer.send(Opcode.setData, setDataBody("/hole", changed));
        const written = writer.next();
        const goneAt = await deletion.at;
        expect(goneAt - isolatedAt).toBeLessThanOrEqual(longestLifeMs(stage, timeoutMs));
        const successor = await WireClient.begin(stage, otherFollower, 20 * tickMs);
        const taken = await successor.create("/hole", "ephemeral");
        expect(taken.ephemeralOwner).toBe(successor.sessionId);
        const { resumption } = await expectStale(stage, hole, successor);
        const takenAt = scheduler.now();
        const { answeredAt, closedAt } = await use;
        expect(answeredAt).toBeGreaterThan(takenAt);
        expect(closedAt - isolatedAt).toBeLessThanOrEqual(patienceMs(stage));
        expect(await written).toBeUndefined();
        expect(await resumption).toBeUndefined();
        expect(await successor.exists("/hole")).toMatchObject({ version: 0 });
        await successor.end();
      } finally {
        hole.rejoin();
      }
      await rolesOf(stage);
      await expectRefused(stage, hole, owner);
    },
  },
  {
    name: "a leader without followers answers reads, does no write, and gives up",
    check: async (stage) => {
      const { scheduler, tickMs, slackMs } = stage;
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const timeoutMs = 20 * tickMs;
      const silent = await WireClient.begin(stage, leader, 2 * tickMs);
      const writer = await WireClient.begin(stage, leader, timeoutMs);
      const owner = await WireClient.begin(stage, leader, timeoutMs);
      await owner.create("/lonely", "ephemeral");
      const patientMs = 12 * tickMs;
      const patient = await WireClient.begin(stage, leader, patientMs);
      const pausedAt = scheduler.now();
      follower.pause();
      otherFollower.pause();
      try {
        const use = useUntilClosed(stage, owner, "/lonely");
        // Its session runs out at the leader, which cannot carry that out, but hears it no more.
        await scheduler.sleep(longestLifeMs(stage, 2 * tickMs) - slackMs / 2, never);
        writer.send(Opcode.setData, setDataBody("/lonely", changed));
        const written = writer.next();
        silent.send(Opcode.ping);
        const answered = silent.next();
        const askedAt = scheduler.now();
        const { answeredAt, closedAt } = await use;
        expect(answeredAt).toBeGreaterThan(askedAt);
        expect(closedAt - pausedAt).toBeLessThanOrEqual(patienceMs(stage));
        expect(await written).toBeUndefined();
        expect(await answered).toBeUndefined();
      } finally {
        follower.resume();
        otherFollower.resume();
      }
      await rolesOf(stage);
      const resumed = await WireClient.resume(stage, follower, owner, timeoutMs);
      expect(await resumed.exists("/lonely")).toMatchObject({ ephemeralOwner: owner.sessionId });
      // The new leader gives every session its whole time again: this one would be over by now.
      const endsAt = pausedAt + longestLifeMs(stage, patientMs) - slackMs;
      await scheduler.sleep(endsAt - scheduler.now(), never);
      await (await WireClient.resume(stage, follower, patient, patientMs)).end();
      await resumed.end();
    },
  },
];
