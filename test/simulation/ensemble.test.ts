import { expect, test } from "bun:test";
import { Ensemble } from "./ensemble/ensemble.ts";
import { Random } from "./world/random.ts";
import { SimulatedNetwork } from "./world/simulated-network.ts";
import { Timeline } from "./timeline.ts";

const settledMs = 5_000;
const healedMs = settledMs + 100;
const pauseMs = 0.1;

test("ensemble: what was under way when a cut heals arrives before what comes then", () => {
  const timeline = new Timeline();
  const random = new Random(1, "ensemble");
  const network = new SimulatedNetwork(timeline, random.fork("network"));
  const options = { size: 3, tickMs: 500, syncLimit: 10, pingsOvertake: false };
  const ensemble = new Ensemble(timeline, random.fork("servers"), network, options);
  passUntil(timeline, settledMs);
  const { leader } = ensemble;
  const follower = ensemble.servers.find(({ role }) => role === "following");
  if (leader === undefined || follower === undefined) throw new Error("an ensemble has both");

  network.cut(leader.host, follower.host);
  timeline.plan(healedMs - settledMs, () => {
    network.heal(leader.host, follower.host);
    ensemble.healed(leader, follower);
  });
  for (let atMs = 0; atMs < 2 * (healedMs - settledMs); atMs += pauseMs) {
    timeline.plan(atMs, () => ensemble.meddle({ kind: "delete", path: "/none", version: -1 }));
  }
  passUntil(timeline, healedMs + settledMs);
  expect(leader.log.length).toBeGreaterThan(1_000);
  expect(follower.committed).toBe(leader.committed);
});

function passUntil(timeline: Timeline, untilMs: number): void {
  while (timeline.step(untilMs));
}
