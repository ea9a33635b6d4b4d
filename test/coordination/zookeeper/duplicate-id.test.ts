import { expect, test } from "bun:test";
import type { ReplicaId } from "../../../src/election/ports/coordinator.ts";
import { DuplicateId } from "../../../src/coordination/zookeeper/leadership/duplicate-id.ts";
import type { Stat } from "../../../src/zookeeper/protocol/records.ts";
import { otherReplica, Recorder } from "../../fake/election.ts";
import { FakeScheduler } from "../../fake/scheduler.ts";

const own = { replica: "me", sessionTimeoutMs: 1000 };
const namedLikeUs = { ...otherReplica, pid: 7, replica: own.replica as ReplicaId };

/** What is told of a leader node that is seen so: at a time, at a version, of an epoch. */
async function told(
  sightings: readonly (readonly [number, number, bigint?])[],
  leader = namedLikeUs,
): Promise<readonly string[]> {
  const scheduler = new FakeScheduler();
  const recorder = new Recorder();
  const duplicateId = new DuplicateId(scheduler, recorder);
  for (const [at, version, czxid = 5n] of sightings) {
    await scheduler.advance(at - scheduler.now());
    duplicateId.saw({ czxid, version } as Stat, leader, own);
  }
  return recorder.of("notice").map(({ level, detail }) => `${level}: ${detail}`);
}

test("duplicateId: a leader of our name that is renewed after a session timeout is told once", async () => {
  const warning =
    "warn: another process uses the same --replica-id=me: process 7 on elsewhere, which leads";
  expect(
    await told([
      [0, 3],
      [500, 5],
      [1000, 7],
      [1500, 9],
      [9000, 1, 6n],
    ]),
  ).toEqual([warning]);
});

test("duplicateId: what an earlier session of ours leaves behind is none", async () => {
  // Its last renewal may come after our first look, and its node may outlive a session timeout.
  expect(
    await told([
      [0, 3],
      [100, 4],
      [1000, 4],
      [1900, 4],
    ]),
  ).toEqual([]);
});

test("duplicateId: every leadership is judged by itself", async () => {
  expect(
    await told([
      [0, 3],
      [900, 8, 6n],
      [1100, 10, 6n],
    ]),
  ).toEqual([]);
});

test("duplicateId: another replica may lead for as long as it likes", async () => {
  expect(
    await told(
      [
        [0, 3],
        [5000, 50],
      ],
      otherReplica,
    ),
  ).toEqual([]);
});
