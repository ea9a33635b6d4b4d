import { expect, test } from "bun:test";
import type { RaftMessage } from "../../src/raft/message.ts";
import { accepted, sentTo, three, TriedNode } from "./tried-node.ts";

/** A raft leader that has applied its first entry. */
function leading(voters: readonly string[] = three.voters): TriedNode {
  const node = new TriedNode({ members: { ...three, voters } });
  node.elect("2", "3");
  node.persist();
  node.hear("2", accepted(1, 1));
  node.give({ kind: "applied", index: 1, term: 1 });
  return node;
}

function answer(round: number, term = 1): RaftMessage {
  return { kind: "heartbeat-answer", term, round };
}

test("rounds: none is begun before the first entry of the own term is applied (R4)", () => {
  const node = new TriedNode();
  node.elect("2");
  node.persist();
  expect(node.give({ kind: "touch" }).touchRound).toBe(1);
  node.give({ kind: "read", id: "r" });
  expect(node.hear("2", answer(1)).rounds).toEqual([]);
  node.hear("2", accepted(1, 1));
  node.now = 7;
  const begun = node.give({ kind: "applied", index: 1, term: 1 });
  expect(sentTo(begun, "2")[0]).toMatchObject({ kind: "heartbeat-request", round: 1 });
  const confirmed = node.hear("2", answer(1));
  expect(confirmed.rounds).toEqual([{ number: 1, startedAt: 7 }]);
  expect(confirmed.reads).toEqual([{ id: "r", index: 1 }]);
});

test("rounds: a touch counts for the round that is begun after it, and one is under way (R1, R3)", () => {
  const node = leading();
  expect(node.give({ kind: "touch" }).touchRound).toBe(1);
  node.now = 5;
  for (let touch = 0; touch < 3; touch += 1) {
    expect(node.give({ kind: "touch" })).toMatchObject({ touchRound: 2, messages: [] });
  }
  node.now = 9;
  const first = node.hear("2", answer(1));
  expect(first.rounds).toEqual([{ number: 1, startedAt: 0 }]);
  expect(sentTo(first, "3")[0]).toMatchObject({ round: 2 });
  expect(node.hear("3", answer(1)).rounds).toEqual([]);
  expect(node.hear("3", answer(2)).rounds).toEqual([{ number: 2, startedAt: 9 }]);
});

test("rounds: a lost heartbeat is repeated with the number of its round (R3)", () => {
  const node = leading();
  node.give({ kind: "touch" });
  node.now = 100;
  expect(sentTo(node.give({ kind: "wake" }), "2")[0]).toMatchObject({ round: 1 });
  expect(node.hear("2", answer(1)).rounds).toEqual([{ number: 1, startedAt: 0 }]);
});

test("rounds: answers of other terms, of strangers and twice the same do not count (R2)", () => {
  const node = leading(["1", "2", "3", "4", "5"]);
  node.hear("3", accepted(1, 1));
  node.give({ kind: "applied", index: 1, term: 1 });
  node.give({ kind: "touch" });
  for (const [from, message] of [
    ["2", answer(1)],
    ["2", answer(1)],
    ["9", answer(1)],
    ["3", answer(1, 0)],
    ["3", answer(0)],
    ["3", answer(2)],
  ] as const) {
    expect(node.hear(from, message).rounds).toEqual([]);
  }
  expect(node.hear("3", answer(1)).rounds).toHaveLength(1);
});

test("rounds: a lone voter confirms itself at once", () => {
  const node = new TriedNode({ members: { ...three, voters: ["1"] } });
  node.elect();
  node.persist();
  node.give({ kind: "applied", index: 1, term: 1 });
  expect(node.give({ kind: "touch" }).rounds).toEqual([{ number: 1, startedAt: 0 }]);
});

test("rounds: a raft leader that is no voter any more does not count itself (R2)", () => {
  const node = leading();
  node.give({ kind: "members", wanted: { voters: ["2", "3"], learners: [], context: "" } });
  node.give({ kind: "touch" });
  // Of the new voters 2 and 3 both are needed; the old ones would be content with one.
  expect(node.hear("2", answer(1)).rounds).toEqual([]);
  expect(node.hear("3", answer(1)).rounds).toHaveLength(1);
});

test("rounds: who reads elsewhere asks the raft leader, and too many are refused", () => {
  const node = leading();
  const { maxPendingReads } = node.state.settings;
  node.hear("3", { kind: "read-request", term: 1, id: "far" });
  const confirmed = node.hear("2", answer(1));
  expect(sentTo(confirmed, "3")).toContainEqual({
    kind: "read-answer",
    term: 1,
    id: "far",
    index: 1,
  });
  let taken = 0;
  while (node.give({ kind: "read", id: "r" }).notices.length === 0) taken += 1;
  expect(taken).toBe(maxPendingReads);
});

test("rounds: who is no raft leader confirms nothing", () => {
  const ready = new TriedNode().give({ kind: "touch" });
  expect(ready).toMatchObject({ touchRound: undefined, notices: [{ from: undefined }] });
});
