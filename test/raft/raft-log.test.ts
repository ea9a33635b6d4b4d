import { expect, test } from "bun:test";
import { RaftLog } from "../../src/raft/log/raft-log.ts";
import type { LogWrite } from "../../src/raft/log/write.ts";
import { encodeMembers } from "../../src/raft/members.ts";
import { MemoryStore } from "./memory-store.ts";
import { entryOf, three } from "./tried-node.ts";

/** Hands out what is to be written, as a step does. */
function write(log: RaftLog, term = 1): LogWrite {
  const part = log.takePart();
  const number = log.writes.newest + 1;
  const { install, cutFrom, entries = [] } = part ?? {};
  const made = { number, term, lastIndex: log.lastIndex, hardState: undefined, piece: undefined };
  const whole = { ...made, install, cutFrom, entries };
  log.writes.add(whole, part === undefined ? 0 : log.lastIndex);
  return whole;
}

function confirm(log: RaftLog, { number, term, lastIndex }: LogWrite): boolean {
  return log.confirm(number, term, lastIndex);
}

test("raft-log: what was cut and came again waits for its last write (W1)", () => {
  const store = new MemoryStore(three);
  const log = RaftLog.open(store);
  log.append([entryOf(1, 1), entryOf(2, 1)]);
  const first = write(log);
  log.cut(2);
  log.append([entryOf(2, 2)]);
  const second = write(log, 2);
  log.cut(2);
  log.append([entryOf(2, 1)]);
  const third = write(log, 3);
  for (const [made, durable] of [
    [first, 1],
    [second, 1],
    [third, 2],
  ] as const) {
    store.write(made);
    expect(confirm(log, made)).toBe(true);
    expect(log.durableIndex).toBe(durable);
  }
});

test("raft-log: a confirmation of no write, of another term or end is refused (W2)", () => {
  const log = RaftLog.open(new MemoryStore(three));
  log.append([entryOf(1, 1)]);
  const made = write(log);
  expect(confirm(log, { ...made, number: 7 })).toBe(false);
  expect(confirm(log, { ...made, term: 2 })).toBe(false);
  expect(confirm(log, { ...made, lastIndex: 2 })).toBe(false);
  expect(log.durableIndex).toBe(0);
  expect(confirm(log, made)).toBe(true);
  expect(confirm(log, made)).toBe(false);
});

test("raft-log: store and what is on top of it are one log without a gap (L1)", () => {
  const store = new MemoryStore(three);
  store.append([entryOf(1, 1), entryOf(2, 1), entryOf(3, 2)]);
  const log = RaftLog.open(store);
  log.cut(3);
  log.append([entryOf(3, 3), entryOf(4, 3)]);
  expect(log.entries(1, 4, Infinity)?.map(({ term }) => term)).toEqual([1, 1, 3, 3]);
  expect(log.entries(2, 4, 60)?.map(({ index }) => index)).toEqual([2]);
  expect([log.firstIndex, log.lastIndex, log.lastTerm]).toEqual([1, 4, 3]);
  expect([log.termOf(0), log.termOf(5)]).toEqual([0, undefined]);
});

test("raft-log: what must be read from disk first is not answered", () => {
  const store = new MemoryStore(three);
  store.append([entryOf(1, 1), entryOf(2, 1)]);
  store.entries = () => undefined as never;
  const log = RaftLog.open(store);
  log.append([entryOf(3, 1)]);
  expect(log.entries(1, 3, Infinity)).toBeUndefined();
  expect(log.entries(3, 3, Infinity)).toHaveLength(1);
});

test("raft-log: the last entry within a term is found, also where the log was cut off", () => {
  const store = new MemoryStore(three);
  store.append([1, 1, 2, 2, 4, 4].map((term, at) => entryOf(at + 1, term)));
  const log = RaftLog.open(store);
  expect([log.lastWithin(6, 3), log.lastWithin(6, 0), log.lastWithin(3, 9)]).toEqual([4, 0, 3]);
  store.compact({ index: 4, term: 2, members: three }, new Uint8Array());
  expect([log.lastWithin(6, 1), log.lastWithin(2, 9)]).toEqual([4, 2]);
});

test("raft-log: a configuration is in force with its entry, and goes with it (M2)", () => {
  const store = new MemoryStore(three);
  const log = RaftLog.open(store);
  const members = { ...three, voters: ["1"] };
  log.append([entryOf(1, 1), { ...entryOf(2, 1), kind: "members", data: encodeMembers(members) }]);
  expect(log.members).toEqual(members);
  log.cut(2);
  expect(log.members).toEqual(three);
});

test("raft-log: a snapshot takes the place of everything, durable once it is written (L2)", () => {
  const store = new MemoryStore(three);
  store.append([entryOf(1, 1), entryOf(2, 1)]);
  const log = RaftLog.open(store);
  const snapshot = { index: 9, term: 3, members: { ...three, voters: ["2"] } };
  log.restore(snapshot);
  log.append([entryOf(10, 4)]);
  const made = write(log, 4);
  expect(made).toMatchObject({ install: snapshot, entries: [{ index: 10 }] });
  expect([log.firstIndex, log.lastIndex, log.durableIndex]).toEqual([10, 10, 0]);
  expect([log.termOf(9), log.termOf(2)]).toEqual([3, undefined]);
  store.write(made);
  confirm(log, made);
  expect([log.firstIndex, log.lastIndex, log.durableIndex]).toEqual([10, 10, 10]);
  expect(log.members.voters).toEqual(["2"]);
});
