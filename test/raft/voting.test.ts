import { expect, test } from "bun:test";
import type { RaftMessage } from "../../src/raft/message.ts";
import { heartbeat, sentTo, three, TriedNode, vote } from "./tried-node.ts";

const request = (term: number, given: Partial<RaftMessage> = {}): RaftMessage =>
  ({
    kind: "vote-request",
    term,
    lastIndex: 9,
    lastTerm: 1,
    forced: false,
    ...given,
  }) as RaftMessage;

function answerTo(node: TriedNode, from: string, message: RaftMessage): RaftMessage | undefined {
  return sentTo(node.hear(from, message), from)[0];
}

test("voting: one vote in a term, and it outlives stepping down in the same term (V1)", () => {
  const node = new TriedNode();
  expect(answerTo(node, "2", request(2))).toMatchObject({ granted: true });
  node.now = 2000;
  expect(answerTo(node, "3", request(2))).toMatchObject({ granted: false, refusesForMs: 0 });
  expect(answerTo(node, "2", request(2))).toMatchObject({ granted: true });
  expect(node.state.vote).toBe("2");
});

test("voting: a log that is behind gets no vote, but its term is followed (V1)", () => {
  const node = new TriedNode({ log: [1, 1, 2], startAt: 0 });
  node.now = 600;
  const answer = answerTo(node, "2", request(3, { lastIndex: 9, lastTerm: 1 }));
  expect(answer).toMatchObject({ granted: false, term: 3 });
  expect(node.state.vote).toBeUndefined();
});

test("voting: who heard a raft leader refuses, and the refusal raises no term (V2, V3)", () => {
  const node = new TriedNode();
  node.hear("2", heartbeat(1));
  node.now = 100;
  for (const kind of ["vote-request", "pre-vote-request"] as const) {
    const answer = answerTo(node, "3", request(5, { kind }));
    expect(answer).toMatchObject({ granted: false, refusesForMs: 400, term: 1, silentMs: 100 });
  }
  node.now = 500;
  expect(answerTo(node, "3", request(5))).toMatchObject({ granted: true, silentMs: 500 });
});

test("voting: who started a moment ago refuses, but not with term 0 on disk (V2)", () => {
  const again = new TriedNode({ hardState: { term: 4, vote: undefined }, startAt: 1000 });
  again.now = 1100;
  expect(answerTo(again, "3", request(5))).toMatchObject({ refusesForMs: 400, silentMs: 100 });
  const first = new TriedNode({ startAt: 1000 });
  expect(answerTo(first, "3", request(5))).toMatchObject({ granted: true });
});

test("voting: who was raft leader refuses, and was not silent (V2, V4)", () => {
  const node = new TriedNode();
  node.elect("2");
  node.now = 400;
  expect(answerTo(node, "3", request(5))).toMatchObject({ refusesForMs: 500, silentMs: 0 });
  node.now = 600;
  node.give({ kind: "wake" });
  expect(node.state.role.kind).toBe("raft-follower");
  node.now = 700;
  expect(answerTo(node, "3", request(5))).toMatchObject({ refusesForMs: 400, silentMs: 100 });
});

test("voting: granting renews the refusal and not the silence (V2, V4)", () => {
  const node = new TriedNode();
  node.now = 300;
  expect(answerTo(node, "2", request(2))).toMatchObject({ granted: true, silentMs: 300 });
  node.now = 400;
  expect(answerTo(node, "3", request(3))).toMatchObject({ refusesForMs: 400, silentMs: 400 });
});

test("voting: nobody refuses a forced campaign (V2)", () => {
  const node = new TriedNode();
  node.hear("2", heartbeat(1));
  expect(answerTo(node, "3", request(2, { forced: true }))).toMatchObject({
    granted: true,
    silentMs: 0,
  });
});

test("voting: a learner notes that it heard the raft leader, and says so (V4)", () => {
  const members = { ...three, voters: ["1", "2"], learners: ["3"] };
  const node = new TriedNode({ id: "3", members });
  node.now = 1000;
  node.hear("1", heartbeat(1));
  node.now = 1600;
  expect(node.give({ kind: "wake" }).role).toBe("raft-follower");
  expect(answerTo(node, "2", request(2))).toMatchObject({ granted: true, silentMs: 600 });
});

test("raft-candidate: the own vote counts once it is durable (C1)", () => {
  const node = new TriedNode({ members: { ...three, voters: ["1"] } });
  node.give({ kind: "campaign", how: "now" });
  expect(node.state.role.kind).toBe("raft-candidate");
  node.persist();
  expect(node.state.role.kind).toBe("raft-leader");
});

test("raft-candidate: no request leaves before the own vote is durable (T1)", () => {
  const node = new TriedNode();
  const ready = node.give({ kind: "campaign", how: "forced" });
  expect(ready.write?.hardState).toEqual({ term: 1, vote: "1" });
  expect(ready.messages.map(({ afterWrite }) => afterWrite)).toEqual([1, 1]);
});

test("raft-candidate: votes of another campaign do not count (C2)", () => {
  const node = new TriedNode();
  node.give({ kind: "campaign", how: "forced" });
  node.persist();
  node.now = 2000;
  node.give({ kind: "campaign", how: "forced" });
  node.persist();
  expect(node.state.term).toBe(2);
  node.hear("2", vote(1));
  node.hear("3", { ...vote(1), term: 2 });
  expect(node.state.role.kind).toBe("raft-candidate");
  node.hear("3", vote(2));
  expect(node.state.role.kind).toBe("raft-leader");
});

test("raft-candidate: the least silence of those who voted is told", () => {
  const node = new TriedNode({ members: { ...three, voters: ["1", "2", "3", "4", "5"] } });
  node.now = 5000;
  node.give({ kind: "campaign", how: "forced" });
  node.persist();
  node.hear("2", vote(1, 700));
  const { elected } = node.hear("3", vote(1, 1000));
  expect(elected).toMatchObject({ leastSilentMs: 700, touchedAt: 5000 - 0.98 * 700 });
});

test("pre-candidate: who refuses is asked again when the refusal ends", () => {
  const node = new TriedNode();
  node.give({ kind: "campaign", how: "now" });
  const refusal = { campaign: 1, granted: false, silentMs: 0, refusesForMs: 250 };
  for (const from of ["2", "3"]) node.hear(from, { kind: "pre-vote-answer", term: 0, ...refusal });
  expect(node.state.role.kind).toBe("pre-candidate");
  node.now = 249;
  expect(node.give({ kind: "wake" }).messages).toEqual([]);
  node.now = 250;
  expect(node.give({ kind: "wake" }).messages.map(({ to }) => to)).toEqual(["2", "3"]);
});

test("pre-candidate: timeouts are drawn anew at every campaign", () => {
  const node = new TriedNode();
  const drawn = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    node.now += 1000;
    node.give({ kind: "wake" });
    drawn.add(node.state.electionTimeoutMs);
  }
  expect(drawn.size).toBe(20);
  for (const ms of drawn) expect(ms >= 500 && ms < 750).toBe(true);
});
