import { expect, test } from "bun:test";
import type { ReplicaInfo } from "../../../src/election/ports/coordinator.ts";
import { ElectionSession } from "../../../src/coordination/zookeeper/leadership/election-session.ts";
import { layoutBelow } from "../../../src/coordination/zookeeper/leadership/layout.ts";
import { DuplicateId } from "../../../src/coordination/zookeeper/leadership/duplicate-id.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { encodeLeaseNote } from "../../../src/coordination/zookeeper/leadership/records.ts";
import { otherReplica, Recorder } from "../../fake/election.ts";
import { settle } from "../../fake/scheduler.ts";
import type { FakePeer, FakeReply } from "../../fake/zookeeper-transport.ts";
import { writeStat } from "../../fake/zookeeper-transport.ts";
import { bytes, stage } from "../../zookeeper/stage.fixture.ts";

const layout = layoutBelow("/s");
const noAuth = -102;
const describe = (): ReplicaInfo => otherReplica;

/** Our session, and the server that grants it. */
async function session() {
  const { client, scheduler, accept } = stage();
  const peer = await accept();
  const observer = new Recorder();
  const duplicateId = new DuplicateId(scheduler, observer);
  const tools = {
    client,
    scheduler,
    observer,
    layout,
    describe,
    duplicateId,
    leaveBehind: () => undefined,
  };
  return { client, peer, session: new ElectionSession(tools) };
}

/** Answers what is asked next, which must be this. */
async function answer(peer: FakePeer, opcode: Opcode, path: string, reply: FakeReply) {
  const request = await peer.request();
  expect([request.opcode, request.body.string()]).toEqual([opcode, path]);
  peer.reply(request.xid, reply);
  await settle();
}

const data = (text: Uint8Array): FakeReply => ({
  body: (writer) => writeStat(writer.buffer(text), { ephemeralOwner: 0x99n }),
});
const line = (...names: readonly string[]): FakeReply => ({
  body: (writer) => {
    writer.int(names.length);
    for (const name of names) writer.string(name);
    writeStat(writer);
  },
});

test("session: whoever cannot watch the leader node does not go on watching the lease note", async () => {
  const { client, peer, session: ours } = await session();
  const waiting = new AbortController();
  const turn = ours.turn(waiting.signal);
  const own = `${otherReplica.replica}-0000000001`;
  const entry = `${layout.replicas}/${own}`;
  await answer(peer, Opcode.getData, layout.leader, data(bytes("{}")));
  await answer(peer, Opcode.getChildren2, layout.replicas, line());
  await answer(peer, Opcode.create2, entry.slice(0, -10), {
    body: (writer) => writeStat(writer.string(entry)),
  });
  await answer(peer, Opcode.getChildren2, layout.replicas, line(own));
  const note = encodeLeaseNote({ state: "held", leaseMs: 1000 });
  await answer(peer, Opcode.getData, layout.leaseNote, data(note));
  await answer(peer, Opcode.getData, layout.leader, { error: noAuth });
  waiting.abort();
  await turn;
  peer.notify(3, layout.leaseNote);
  await settle();
  expect(peer.unread).toBe(0);
  client.abandon();
});
