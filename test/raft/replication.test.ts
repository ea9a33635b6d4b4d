import { expect, test } from "bun:test";
import type { RaftMessage } from "../../src/raft/message.ts";
import { applicableEntries, cloneState } from "../../src/raft/state.ts";
import { step } from "../../src/raft/step.ts";
import { accepted, entryOf, heartbeat, sentTo, three, TriedNode } from "./tried-node.ts";

/** A raft leader whose first entry is written and acknowledged by node 2. */
function leading(log: readonly number[] = []): TriedNode {
  const node = new TriedNode({ log });
  node.elect("2");
  node.persist();
  node.hear("2", accepted(node.state.term, node.state.log.lastIndex));
  return node;
}

function append(
  term: number,
  previousIndex: number,
  previousTerm: number,
  entries: readonly ReturnType<typeof entryOf>[],
  commit = 0,
): RaftMessage {
  return { kind: "append-request", term, previousIndex, previousTerm, entries, commit };
}

const data = (length: number): Uint8Array[] => [new Uint8Array(length)];

test("raft-leader: sends while its own flush runs, and counts itself only afterwards (I3)", () => {
  const node = leading();
  const ready = node.give({ kind: "propose", data: data(3) });
  expect(ready.proposed).toEqual({ term: 1, firstIndex: 2, lastIndex: 2 });
  expect(ready.messages.map(({ to, afterWrite }) => [to, afterWrite])).toEqual([["2", 0]]);
  const members = { ...three, voters: ["1"] };
  const alone = new TriedNode({ members });
  alone.elect();
  const appended = alone.give({ kind: "propose", data: data(3) });
  expect(appended).toMatchObject({ proposed: { lastIndex: 2 }, commitIndex: 1 });
  expect(alone.persist()?.commitIndex).toBe(2);
});

test("raft-leader: an acknowledgement of what it does not have is told, and not counted", () => {
  const node = leading();
  expect(node.hear("3", accepted(1, 2)).notices[0]?.reason).toContain("entry 2");
  expect(node.state.commit).toBe(1);
});

test("raft-leader: acknowledgements of an earlier term do not count (G2)", () => {
  const node = new TriedNode({ log: [1, 1] });
  node.elect("2");
  node.persist();
  node.hear("2", accepted(1, 3));
  expect(node.state.commit).toBe(0);
});

test("raft-leader: entries of earlier terms are not committed by counting (I2)", () => {
  const node = new TriedNode({ log: [1, 1] });
  node.elect("2");
  node.persist();
  node.hear("2", accepted(2, 2));
  expect(node.state.commit).toBe(0);
  node.hear("2", accepted(2, 3));
  expect(node.state.commit).toBe(3);
});

test("raft-leader: what is under way to one node is bounded (P2)", () => {
  const node = leading();
  const { maxInflightBytes, maxAppendBytes } = node.state.settings;
  let sent = 0;
  for (let round = 0; round < 100; round += 1) {
    const ready = node.give({ kind: "propose", data: data(maxAppendBytes - 32) });
    sent += sentTo(ready, "2").length;
  }
  expect(sent).toBe(maxInflightBytes / maxAppendBytes);
  node.persist();
  const ready = node.hear("2", accepted(1, 3));
  expect(sentTo(ready, "2").some(({ kind }) => kind === "append-request")).toBe(true);
});

test("raft-leader: proposals that are too large, too many or meanwhile are refused", () => {
  const node = leading();
  const { maxAppendBytes, maxUncommittedBytes } = node.state.settings;
  const refused = (length: number): boolean =>
    node.give({ kind: "propose", data: data(length) }).proposed === undefined;
  expect(refused(maxAppendBytes)).toBe(true);
  let taken = 0;
  while (!refused(maxAppendBytes - 32)) taken += 1;
  expect(taken).toBe(maxUncommittedBytes / maxAppendBytes);
  expect(node.give({ kind: "propose", data: [] }).proposed).toBeUndefined();
});

test("raft-leader: what was lost is asked for without entries, and a slow disk is not flooded", () => {
  const node = leading();
  node.give({ kind: "propose", data: data(1000) });
  node.now = 100;
  const round = { kind: "heartbeat-answer", term: 1, round: 0 } as const;
  const [asked] = sentTo(node.hear("2", round), "2");
  expect(asked).toMatchObject({ kind: "append-request", previousIndex: 2, entries: [] });
  node.now = 150;
  expect(sentTo(node.hear("2", round), "2")).toEqual([]);
});

test("raft-leader: one step back for each term where logs part, not for each entry", () => {
  const node = new TriedNode({ log: [1, 1, 1, 3, 3, 3] });
  node.elect("2");
  node.persist();
  const conflict = { kind: "append-answer", term: 4, accepted: false, index: 6 } as const;
  const ready = node.hear("2", { ...conflict, hintIndex: 6, hintTerm: 2 });
  expect(sentTo(ready, "2")[0]).toMatchObject({ previousIndex: 3, previousTerm: 1 });
  // The same again is about another request.
  expect(node.hear("2", { ...conflict, hintIndex: 6, hintTerm: 2 }).messages).toEqual([]);
});

test("raft-leader: stands down when no majority has answered for an election timeout", () => {
  const node = leading();
  for (node.now = 100; node.now < 500; node.now += 100) {
    expect(node.give({ kind: "wake" }).role).toBe("raft-leader");
  }
  node.now = 500;
  expect(node.give({ kind: "wake" })).toMatchObject({ role: "raft-follower", term: 1 });
});

test("raft-leader: waits for what the log must read, and goes on when it is there", () => {
  const node = leading([1, 1]);
  const { store } = node.state.log;
  const entries = store.entries.bind(store);
  store.entries = () => undefined;
  const conflict = { kind: "append-answer", term: 2, accepted: false, index: 2 } as const;
  expect(node.hear("3", { ...conflict, hintIndex: 0, hintTerm: 0 }).messages).toEqual([]);
  store.entries = entries;
  const [request] = sentTo(node.give({ kind: "log-read" }), "3");
  expect(request).toMatchObject({ kind: "append-request", previousIndex: 0 });
});

test("raft-follower: acknowledges entries after they are durable, repeated ones as well (T2)", () => {
  const node = new TriedNode();
  node.hear("2", heartbeat(1));
  node.persist();
  const request = append(1, 0, 0, [entryOf(1, 1)]);
  const first = node.hear("2", request);
  expect(first.write?.entries).toHaveLength(1);
  expect(first.messages[0]).toMatchObject({ afterWrite: 2, message: { accepted: true, index: 1 } });
  const again = node.hear("2", request);
  expect(again.write).toBeUndefined();
  expect(again.messages[0]?.afterWrite).toBe(2);
  node.persist();
  expect(node.hear("2", request).messages[0]?.afterWrite).toBe(0);
});

test("raft-follower: an old request cuts nothing, and a heartbeat is no append (F2, F3)", () => {
  const node = new TriedNode({ log: [1, 1, 1] });
  node.hear("2", append(1, 0, 0, [entryOf(1, 1)], 1));
  expect(node.state.log.lastIndex).toBe(3);
  // It says nothing of entries 2 and 3.
  expect(node.state.commit).toBe(1);
  const ready = node.hear("2", append(1, 2, 1, [entryOf(3, 1)], 9));
  expect([node.state.log.lastIndex, ready.commitIndex]).toEqual([3, 3]);
});

test("raft-follower: a request that cannot be appended is a sign of life as well (F1)", () => {
  const node = new TriedNode();
  node.now = 400;
  const ready = node.hear("2", append(1, 7, 1, []));
  expect(ready.messages[0]?.message).toMatchObject({ accepted: false, hintIndex: 0 });
  expect(ready.wakeAt).toBeGreaterThanOrEqual(900);
});

test("raft-follower: every request of an earlier term is answered with the term (G2)", () => {
  const piece = { index: 1, term: 1, members: three };
  const requests: readonly RaftMessage[] = [
    append(1, 0, 0, []),
    heartbeat(1),
    { kind: "vote-request", term: 1, lastIndex: 0, lastTerm: 0, forced: false },
    { kind: "pre-vote-request", term: 1, lastIndex: 0, lastTerm: 0 },
    {
      kind: "snapshot-request",
      term: 1,
      snapshot: piece,
      offset: 0,
      data: new Uint8Array(1),
      last: true,
    },
  ];
  for (const request of requests) {
    const node = new TriedNode({ hardState: { term: 5, vote: undefined } });
    const ready = node.hear("2", request);
    expect(ready.messages[0]?.message).toMatchObject({ term: 5 });
    expect(ready.write).toBeUndefined();
  }
});

test("raft-follower: applies only what is committed and durable here", () => {
  const node = new TriedNode();
  node.hear("2", append(1, 0, 0, [entryOf(1, 1), entryOf(2, 1)], 2));
  expect(node.state.commit).toBe(2);
  expect(applicableEntries(node.state, 0, Infinity)).toEqual([]);
  expect(node.persist()?.applicableIndex).toBe(2);
  expect(applicableEntries(node.state, 0, 1)).toHaveLength(1);
  expect(node.give({ kind: "applied", index: 2, term: 9 }).notices).toHaveLength(1);
  node.give({ kind: "applied", index: 2, term: 1 });
  expect(node.state.applied).toBe(2);
});

test("raft-follower: a snapshot comes in pieces, each durable before the next (S1, S2)", () => {
  const node = new TriedNode({ log: [1] });
  const snapshot = { index: 9, term: 2, members: { ...three, voters: ["2", "3"] } };
  const piece = { kind: "snapshot-request", term: 3, snapshot } as const;
  const first = node.hear("2", { ...piece, offset: 0, data: new Uint8Array(5), last: false });
  expect(first.messages[0]).toMatchObject({ afterWrite: 1, message: { index: 9, offset: 5 } });
  expect(first.write).toMatchObject({ hardState: { term: 3 }, piece: { offset: 0 } });
  node.persist();
  const wrong = node.hear("2", { ...piece, offset: 9, data: new Uint8Array(5), last: true });
  expect(wrong.messages[0]?.message).toMatchObject({ kind: "snapshot-answer", offset: 5 });
  const last = node.hear("2", { ...piece, offset: 5, data: new Uint8Array(5), last: true });
  expect(last.write).toMatchObject({ install: snapshot, piece: { offset: 5 } });
  expect(last.messages[0]).toMatchObject({ message: { accepted: true, index: 9 } });
  expect(last.messages[0]?.afterWrite).toBe(last.write?.number as number);
  expect(node.persist()).toMatchObject({ commitIndex: 9, applicableIndex: 9 });
  expect([node.store.snapshotBytes.length, node.state.log.members.voters]).toEqual([
    10,
    ["2", "3"],
  ]);
});

test("raft-follower: a snapshot of what it has only moves the commit index (S3)", () => {
  const node = new TriedNode({ log: [1, 1, 1] });
  const snapshot = { index: 2, term: 1, members: three };
  const piece = { kind: "snapshot-request", term: 1, snapshot, offset: 0, last: true } as const;
  const ready = node.hear("2", { ...piece, data: new Uint8Array(5) });
  expect(ready).toMatchObject({ write: undefined, commitIndex: 2 });
  expect(node.state.log.lastIndex).toBe(3);
});

test("raft-follower: never learned of any cluster, it campaigns for none", () => {
  const members = { ...three, voters: [] };
  const node = new TriedNode({ id: "4", members });
  expect(node.give({ kind: "wake" }).wakeAt).toBe(Infinity);
  node.now = 10_000;
  expect(node.give({ kind: "wake" }).role).toBe("raft-follower");
  expect(node.give({ kind: "campaign", how: "forced" }).notices).toHaveLength(1);
});

test("state: a copy goes its own way", () => {
  const node = leading();
  const store = node.store.clone();
  const copy = cloneState(node.state, store);
  step(copy, { kind: "propose", data: data(3) }, 50);
  step(copy, { kind: "touch" }, 50);
  expect([node.state.log.lastIndex, copy.log.lastIndex]).toEqual([1, 2]);
  const { role } = node.state;
  expect(role.kind === "raft-leader" && role.rounds.wanted).toBe(false);
});

test("step: time does not go back", () => {
  const node = new TriedNode();
  node.now = 400;
  node.hear("2", heartbeat(1));
  node.now = 100;
  expect(node.hear("2", heartbeat(1)).wakeAt).toBeGreaterThanOrEqual(900);
});
