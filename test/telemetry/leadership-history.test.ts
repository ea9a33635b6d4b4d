import { expect, test } from "bun:test";
import type { Epoch, ReplicaId } from "../../src/election/ports/coordinator.ts";
import type { ElectionEvent } from "../../src/election/ports/observer.ts";
import {
  type HistoryStore,
  LeadershipHistory,
} from "../../src/telemetry/status/leadership-history.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { other, transition } from "./fixture.ts";

class FakeStore implements HistoryStore {
  text: string | undefined;
  writes = 0;
  trouble: Error | undefined;
  /** While set, a write waits for it. */
  gate: Promise<void> = Promise.resolve();

  async read(): Promise<string | undefined> {
    return await Promise.resolve(this.text);
  }

  async update(change: (read: () => Promise<string | undefined>) => Promise<string>) {
    const text = await change(() => this.read());
    this.writes += 1;
    await this.gate;
    if (this.trouble !== undefined) throw this.trouble;
    this.text = text;
  }
}

function start(replica = "me", scheduler = new FakeScheduler()) {
  const told: string[] = [];
  const history = new LeadershipHistory({
    scheduler,
    replica: replica as ReplicaId,
    told: (detail) => told.push(detail),
  });
  const observe = (...events: readonly ElectionEvent[]): void => {
    for (const event of events) {
      scheduler.stall(1_000);
      history.observe(event);
    }
  };
  const lines = (): readonly string[] =>
    history
      .latestFirst()
      .map(({ change, replica: who, epoch, reason }) => `${who} ${change} ${epoch} ${reason}`);
  return { history, observe, lines, told, scheduler };
}

const elected = transition("Attempter", "Leader", "elected");
const steppedDown = transition("Leader", "Attempter", "step-down");
const seen = (epoch: bigint): ElectionEvent => ({
  kind: "leader-seen",
  epoch: epoch as Epoch,
  leader: other,
});

test("history: tells our leaderships, their ends with reasons, and others' once each", () => {
  const { observe, lines } = start();
  observe(seen(5n), seen(5n), elected, steppedDown, seen(9_007_199_254_740_994n));
  expect(lines()).toEqual([
    "other seen 9007199254740994 null",
    "me ended 9007199254740993 step-down",
    "me began 9007199254740993 null",
    "other seen 5 null",
  ]);
});

test("history: transitions that end no leadership are none of its business", () => {
  const { observe, lines } = start();
  observe(transition("Init", "Attempter", "ready"), transition("Attempter", "Failover", "x"));
  expect(lines()).toEqual([]);
});

test("history: remembers the last 100 changes", () => {
  const { observe, lines } = start();
  for (let epoch = 1n; epoch <= 150n; epoch += 1n) observe(seen(epoch));
  expect([lines().length, lines()[0], lines().at(-1)]).toEqual([
    100,
    "other seen 150 null",
    "other seen 51 null",
  ]);
});

test("history: outlives its process in a store, which other replicas of the host share", async () => {
  const store = new FakeStore();
  const scheduler = new FakeScheduler();
  const first = start("me", scheduler);
  const second = start("other", scheduler);
  await Promise.all([first.history.keepIn(store), second.history.keepIn(store)]);
  expect(store.text).toBeUndefined();
  first.observe(elected);
  await first.history.saved();
  second.observe({ kind: "leader-seen", epoch: elected.epoch as Epoch, leader: other });
  await second.history.saved();
  first.observe(steppedDown);
  await first.history.saved();

  const reborn = start("me", scheduler);
  await reborn.history.keepIn(store);
  expect(reborn.lines()).toEqual([
    "me ended 9007199254740993 step-down",
    "other seen 9007199254740993 null",
    "me began 9007199254740993 null",
  ]);
});

test("history: who leads knows better than who reads of it", async () => {
  const store = new FakeStore();
  const { history, observe, lines } = start("other");
  await history.keepIn(store);
  observe({ kind: "leader-seen", epoch: 7n as Epoch, leader: other });
  await history.saved();
  observe({ ...elected, epoch: 7n as Epoch });
  expect(lines()).toEqual(["other began 7 null"]);
});

test("history: what changes while it is being written is written afterwards, once", async () => {
  const store = new FakeStore();
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  const { history, observe } = start();
  await history.keepIn(store);
  for (let epoch = 1n; epoch <= 50n; epoch += 1n) observe(seen(epoch));
  await settle();
  expect(store.writes).toBe(1);
  observe(seen(51n));
  gate.resolve();
  await history.saved();
  expect(store.writes).toBe(2);
  expect(store.text).toContain('"epoch":"51"');
});

test.each([
  ["damaged", '{"changes":[{"at":"2026'],
  ["a stranger's", '{"some":"thing"}'],
  ["nothing", "null"],
  ["of a wrong change", JSON.stringify({ changes: [{ at: "2026-01-01", change: "?" }] })],
  [
    "with a text beyond its bound",
    JSON.stringify({
      changes: [
        {
          at: "2026-01-01T00:00:00Z",
          change: "seen",
          replica: "x".repeat(1_000),
          epoch: "1",
          reason: null,
          detail: null,
        },
      ],
    }),
  ],
])("history: content that is %s is told of, ignored and replaced", async (_, text) => {
  const store = new FakeStore();
  store.text = text;
  const { history, observe, lines, told } = start();
  await history.keepIn(store);
  expect(lines()).toEqual([]);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("is ignored");
  observe(elected);
  await history.saved();
  expect(store.text).toContain('"change":"began"');
});

test("history: a store that cannot be written is told of, and what is known stays", async () => {
  const store = new FakeStore();
  store.trouble = new Error("disk full");
  const { history, observe, lines, told } = start();
  await history.keepIn(store);
  observe(elected);
  await history.saved();
  expect(told).toEqual(["the history of leaderships is not kept: Error: disk full"]);
  expect(lines()).toHaveLength(1);
  store.trouble = undefined;
  observe(steppedDown);
  await history.saved();
  expect(store.text).toContain("step-down");
});

test("history: a detail is cut to what it can read again", async () => {
  const store = new FakeStore();
  const { history, observe } = start();
  await history.keepIn(store);
  observe(elected, { ...steppedDown, detail: "x".repeat(5_000) });
  await history.saved();
  const reborn = start();
  await reborn.history.keepIn(store);
  expect(reborn.told).toEqual([]);
  expect(reborn.lines()).toHaveLength(2);
});
