import { expect, test } from "bun:test";
import type { ReplicaId } from "../../../src/election/ports/coordinator.ts";
import { LeaderWatch } from "../../../src/coordination/zookeeper/leadership/leader-watch.ts";
import { DuplicateId } from "../../../src/coordination/zookeeper/leadership/duplicate-id.ts";
import { encodeLeaseNote } from "../../../src/coordination/zookeeper/leadership/records.ts";
import { LeaseNoteWatch } from "../../../src/coordination/zookeeper/leadership/lease-note-watch.ts";
import { Recorder } from "../../fake/election.ts";
import { settle } from "../../fake/scheduler.ts";
import { type FakePeer, replyFrame, writeStat } from "../../fake/zookeeper-transport.ts";
import { bytes, forever, stage } from "../../zookeeper/stage.fixture.ts";

const changed = { type: 3, path: "/term" };
const deleted = { type: 2, path: "/leader" };
const epoch = 5n;

/** The first in line, after it has read what it watches: a leader, and its lease note at version 7. */
async function watching() {
  const { client, scheduler, accept } = stage();
  const duplicateId = new DuplicateId(scheduler, new Recorder());
  const own = "b" as ReplicaId;
  const leaderWatch = new LeaderWatch({ client, scheduler, duplicateId }, "/leader", own);
  const noteWatch = new LeaseNoteWatch(client, "/term", leaderWatch);
  const peer = await accept();
  const following = new AbortController();
  void noteWatch.follow(following.signal);
  const gone = leaderWatch.untilGone(forever);
  await answer(peer, encodeLeaseNote({ state: "held", leaseMs: 1000 }), 7);
  await answer(peer, bytes("{}"), 0);
  return { client, peer, noteWatch, leaderWatch, following, gone };
}

async function answer(peer: FakePeer, data: Uint8Array, version: number): Promise<void> {
  const { xid } = await peer.request();
  const stat = { czxid: epoch, version, ephemeralOwner: 0x99n };
  peer.reply(xid, { body: (writer) => writeStat(writer.buffer(data), stat) });
  await settle();
}

/** Notifications as they come out of one commit, or of a server that catches up: in one piece. */
function notifyAtOnce(peer: FakePeer, events: readonly (typeof changed)[]): void {
  const frames = events.map(({ type, path }) =>
    replyFrame(-1, { zxid: -1n, body: (writer) => writer.int(type).int(3).string(path) }),
  );
  peer.send(Buffer.concat(frames));
}

test("lease note watch: foresees what a release makes of the note, and reads what it is", async () => {
  const { client, peer, noteWatch, leaderWatch, following, gone } = await watching();
  notifyAtOnce(peer, [changed, deleted]);
  await gone;
  following.abort();
  expect(leaderWatch.lastRenewalOf(epoch as never)).toBeDefined();
  expect(noteWatch.foreseen).toMatchObject({ version: 8, leaseMs: 1000, epoch });
  await answer(peer, encodeLeaseNote({ state: "released" }), 8);
  const found = await noteWatch.foreseen?.found;
  expect(found).toMatchObject({ note: { state: "released" }, version: 8 });
  client.abandon();
});

test("lease note watch: foresees that the note stays where the leader node alone is gone", async () => {
  const { client, peer, noteWatch, following, gone } = await watching();
  notifyAtOnce(peer, [deleted]);
  await gone;
  following.abort();
  expect(noteWatch.foreseen).toMatchObject({ version: 7, leaseMs: 1000, epoch });
  client.abandon();
});

test("lease note watch: foresees nothing of a change behind the leader's end", async () => {
  const { client, peer, noteWatch, following, gone } = await watching();
  notifyAtOnce(peer, [deleted, changed]);
  await gone;
  following.abort();
  expect(noteWatch.foreseen).toBeUndefined();
  client.abandon();
});
