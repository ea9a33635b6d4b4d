import { expect, test } from "bun:test";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { layoutBelow } from "../../../src/coordination/zookeeper/leadership/layout.ts";
import { ZooKeeperLeadership } from "../../../src/coordination/zookeeper/leadership/leadership.ts";
import { Line } from "../../../src/coordination/zookeeper/leadership/line.ts";
import { leaseDurationMs } from "../../../src/coordination/zookeeper/lease-timing.ts";
import { otherReplica, Recorder } from "../../fake/election.ts";
import { stage } from "../../zookeeper/stage.fixture.ts";

/** A leadership that has begun now, on a machine whose clock may be slewed so far. */
async function leadershipOn(slewShare: number) {
  const { client, scheduler, accept } = stage();
  await accept();
  scheduler.slewShare = slewShare;
  const observer = new Recorder();
  const layout = layoutBelow("/s");
  const line = new Line(client, layout, otherReplica.replica, () => new Uint8Array());
  const leadership = new ZooKeeperLeadership(
    { client, scheduler, observer, layout, line },
    {
      epoch: 7n as Epoch,
      data: new Uint8Array(),
      version: 0,
      noteVersion: 0,
      sentAt: scheduler.now(),
      suspendedMs: scheduler.suspendedMs(),
    },
  );
  return { client, scheduler, leadership };
}

test("leadership: one that was abandoned may not act, though its lease goes on", async () => {
  const { client, leadership, scheduler } = await leadershipOn(0);
  expect(leadership.mayAct()).toBe(true);
  leadership.abandon();
  expect(leadership.validUntil).toBeGreaterThan(scheduler.now());
  expect(leadership.mayAct()).toBe(false);
  client.abandon();
});

test("leadership: without a raw clock it acts for a tenth less than the others wait", async () => {
  const { client, leadership, scheduler } = await leadershipOn(0.1);
  const leaseMs = leaseDurationMs(client.sessionTimeoutMs);
  expect(leadership.validUntil - scheduler.now()).toBe(Math.floor(leaseMs * 0.9));
  leadership.abandon();
  client.abandon();
});
