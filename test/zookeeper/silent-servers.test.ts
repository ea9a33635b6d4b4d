import { patienceOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import { expect, test } from "bun:test";
import { attempter } from "../../src/election/states/attempter.ts";
import { Progress } from "../../src/election/progress.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { ElectionSession } from "../../src/coordination/zookeeper/leadership/election-session.ts";
import { layoutBelow } from "../../src/coordination/zookeeper/leadership/layout.ts";
import { DuplicateId } from "../../src/coordination/zookeeper/leadership/duplicate-id.ts";
import { Opcode } from "../../src/zookeeper/protocol/opcodes.ts";
import { FakeWorld, otherReplica } from "../fake/election.ts";
import { settle } from "../fake/scheduler.ts";
import { FakeTransport, writeStat } from "../fake/zookeeper-transport.ts";
import type { FakePeer, FakeReply, FakeRequest } from "../fake/zookeeper-transport.ts";
import { transition } from "../telemetry/fixture.ts";

const sessionTimeoutMs = 10_000;
const stepMs = 100;
const entry = `${otherReplica.replica}-0000000001`;

/** Somebody else leads, and we stand in line. */
function answerOf({ opcode }: FakeRequest, session: bigint): FakeReply {
  return {
    body: (writer) => {
      if (opcode === Opcode.getData) writer.buffer(new TextEncoder().encode("{}"));
      if (opcode === Opcode.getChildren2) writer.int(1).string(entry);
      writeStat(writer, { ephemeralOwner: opcode === Opcode.exists ? session : 0x99n });
    },
  };
}

/** Servers that answer what they are asked until they are silenced, and pings ever after. */
class Servers {
  readonly transport = new FakeTransport();
  silent = false;

  async run(): Promise<never> {
    for (;;) void this.#serve(await this.transport.accepted());
  }

  async #serve(peer: FakePeer): Promise<never> {
    const { sessionId } = await peer.handshake();
    for (;;) {
      const request = await peer.request();
      if (request.opcode === Opcode.ping) peer.reply(-2);
      else if (!this.silent) peer.reply(request.xid, answerOf(request, sessionId || 0x1234n));
    }
  }
}

test("attempter: servers that answer nothing but pings do not make it look stuck", async () => {
  const world = new FakeWorld();
  const { scheduler, observer, timings } = world;
  const servers = new Servers();
  void servers.run();
  const client = new ZooKeeperClient({
    servers: ["10.0.0.1", "10.0.0.2"].map((host) => ({ host, port: 2181 })),
    sessionTimeoutMs,
    scheduler,
    transport: servers.transport,
  });
  const session = new ElectionSession({
    client,
    scheduler,
    observer,
    layout: layoutBelow("/s"),
    describe: () => otherReplica,
    duplicateId: new DuplicateId(scheduler, observer),
    leaveBehind: () => undefined,
  });
  const progress = new Progress(
    { ...timings, leaderTimeoutMs: 1 },
    { patience: patienceOf(sessionTimeoutMs) },
    { writes: false, beginMs: 0, endMs: 0 },
  );
  progress.observe(transition("Init", "Attempter", "ready"));
  const attempting = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  servers.silent = true;
  let told = 0;
  for (let passedMs = 0; passedMs < 200_000; passedMs += stepMs) {
    await scheduler.advance(stepMs);
    progress.passed(stepMs);
    for (const event of observer.of("attempt").slice(told)) progress.observe(event);
    told = observer.of("attempt").length;
    expect(progress.stuck).toBeUndefined();
  }
  expect(told).toBeGreaterThan(2);
  world.askToStop();
  await attempting;
  client.abandon();
});
