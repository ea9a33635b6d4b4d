import { expect, test } from "bun:test";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { UnclosedSessions } from "../../../src/coordination/zookeeper/release/unclosed-sessions.ts";
import { Recorder } from "../../fake/election.ts";
import { FakeScheduler, settle } from "../../fake/scheduler.ts";
import { FakeTransport, type Reachability } from "../../fake/zookeeper-transport.ts";
import { forever, timeoutMs } from "../../zookeeper/stage.fixture.ts";

const host = "10.0.0.1";
const password = new Uint8Array(16).fill(3);

/** Lost sessions between a scheduler and a network that the test plays. */
function stage(reachability: Reachability = "accepts") {
  const [scheduler, transport] = [new FakeScheduler(), new FakeTransport()];
  const events = new Recorder();
  transport.reachability.set(host, reachability);
  const servers = [{ host, port: 2181 }];
  const options = { servers, transport, scheduler, basePath: "/s", sessionTimeoutMs: timeoutMs };
  const told = (): readonly string[] => events.of("notice").map(({ detail }) => detail);
  return { unclosed: new UnclosedSessions(options, events), scheduler, transport, told };
}

/** Plays the server that closes the session which is asked for next. */
async function close(transport: FakeTransport): Promise<bigint> {
  const peer = await transport.accepted();
  const { sessionId } = await peer.handshake();
  const request = await peer.request();
  expect(request.opcode).toBe(Opcode.closeSession);
  peer.reply(request.xid);
  await settle();
  return sessionId;
}

test("unclosed sessions: a session that has not resigned is closed, and nothing of it released", async () => {
  const { unclosed, scheduler, transport, told } = stage();
  unclosed.add({ sessionId: 5n, password, epoch: undefined });
  expect(await close(transport)).toBe(5n);
  expect(told()).toEqual(["closed a lost session of ours, which had not resigned"]);
  expect(await unclosed.leave()).toBeUndefined();
  expect(scheduler.sleeping).toBe(0);
});

test("unclosed sessions: a try ends with the session timeout, and another is made when asked for", async () => {
  const { unclosed, scheduler, transport, told } = stage("refuses");
  unclosed.add({ sessionId: 5n, password, epoch: undefined });
  await scheduler.advance(timeoutMs);
  expect(scheduler.sleeping).toBe(0);
  const { length } = transport.attempts;
  await scheduler.advance(timeoutMs);
  expect(transport.attempts.length).toBe(length);
  transport.reachability.set(host, "accepts");
  unclosed.tryAgain();
  // One at a time: the second call changes nothing.
  unclosed.tryAgain();
  expect(await close(transport)).toBe(5n);
  expect(transport.attempts.length).toBe(length + 1);
  expect(told()).toHaveLength(1);
  unclosed.tryAgain();
  expect(scheduler.sleeping).toBe(0);
});

test("unclosed sessions: what a server has forgotten already is forgotten here", async () => {
  const { unclosed, transport, told } = stage();
  unclosed.add({ sessionId: 5n, password, epoch: 9n as Epoch });
  const peer = await transport.accepted();
  await peer.handshake({ timeoutMs: 0, sessionId: 0n });
  await unclosed.tried(forever);
  expect(told()).toEqual(["a lost session of ours that has led has run out"]);
  expect(await unclosed.leave()).toBeUndefined();
});

test("unclosed sessions: several are tried at the same time, and of many the oldest is given up", async () => {
  const { unclosed, scheduler, transport } = stage("refuses");
  for (let id = 1n; id <= 9n; id += 1n) {
    unclosed.add({ sessionId: id, password, epoch: undefined });
  }
  await scheduler.advance(timeoutMs);
  transport.reachability.set(host, "accepts");
  unclosed.tryAgain();
  const closed: bigint[] = [];
  for (let count = 0; count < 8; count += 1) closed.push(await close(transport));
  expect(closed).toEqual([2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
  expect(await unclosed.leave()).toBeUndefined();
});

test("unclosed sessions: leaving ends what is under way, for good, and says what is left", async () => {
  const { unclosed, scheduler, transport } = stage("black-hole");
  unclosed.add({ sessionId: 5n, password, epoch: 9n as Epoch });
  await scheduler.advance(100);
  expect(await unclosed.leave()).toBe(
    "the session of epoch 9 was not closed: it runs out by itself",
  );
  expect(scheduler.sleeping).toBe(0);
  const { length } = transport.attempts;
  unclosed.tryAgain();
  await scheduler.advance(timeoutMs);
  expect(transport.attempts.length).toBe(length);
});
