import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { messageProblem } from "../../src/raft/check-message.ts";
import { membersProblem } from "../../src/raft/members.ts";
import type { RaftMessage } from "../../src/raft/message.ts";
import type { Ready } from "../../src/raft/ready.ts";
import { raftSettings } from "../../src/raft/settings.ts";
import { accepted, entryOf, heartbeat, three, TriedNode } from "./tried-node.ts";

const kinds = [
  "pre-vote-request",
  "vote-request",
  "pre-vote-answer",
  "vote-answer",
  "append-request",
  "append-answer",
  "heartbeat-request",
  "heartbeat-answer",
  "snapshot-request",
  "snapshot-answer",
  "timeout-now",
  "read-request",
  "read-answer",
];

/** Mostly numbers that may be believed, so that what is behind the check is reached. */
const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 6 }) },
  fc.constantFrom(-1, 1.5, NaN, Infinity, 2 ** 48, 2 ** 48 + 1, 2 ** 53),
  fc.anything(),
);
const bytes = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 4 }) },
  fc.constant(
    new TextEncoder().encode('{"voters":["1"],"outgoing":[],"learners":[],"context":""}'),
  ),
  fc.anything(),
);
const flag = fc.oneof({ weight: 9, arbitrary: fc.boolean() }, fc.anything());
const kindOfEntry = fc.constantFrom("data", "members", "empty", "other");
const looseEntry = fc.record({ index: number, term: number, kind: kindOfEntry, data: bytes });
/** Entries that fit behind each other, with a flaw now and then. */
const entries = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }) },
  fc.array(looseEntry, { maxLength: 3 }),
);
const ids = fc.constantFrom("1", "2", "3");
const nodeList = fc.oneof({ weight: 5, arbitrary: fc.uniqueArray(ids) }, fc.anything());
const members = fc.record({
  voters: nodeList,
  outgoing: nodeList,
  learners: nodeList,
  context: fc.oneof({ weight: 9, arbitrary: fc.constant("") }, fc.anything()),
});
const snapshot = fc.oneof(
  { weight: 5, arbitrary: fc.record({ index: number, term: number, members }) },
  fc.anything(),
);

const loose = fc
  .record({
    kind: fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...kinds) }, fc.anything()),
    term: number,
    campaign: number,
    granted: flag,
    silentMs: number,
    refusesForMs: number,
    lastIndex: number,
    lastTerm: number,
    forced: flag,
    previousIndex: number,
    previousTerm: number,
    entries,
    commit: number,
    accepted: flag,
    index: number,
    hintIndex: number,
    hintTerm: number,
    round: number,
    snapshot,
    offset: number,
    data: bytes,
    last: flag,
    id: fc.oneof({ weight: 5, arbitrary: fc.string({ maxLength: 3 }) }, fc.anything()),
  })
  .map((message) => ({ ...message, entries: behind(message) }));

/** Puts entries that are only differences of terms behind what the message names. */
function behind(message: Readonly<Record<string, unknown>>): unknown {
  const { entries: given, previousIndex, previousTerm } = message;
  if (!Array.isArray(given) || !given.every((one) => typeof one === "number")) return given;
  if (typeof previousIndex !== "number" || typeof previousTerm !== "number") return given;
  let term = Math.max(1, previousTerm);
  return given.map((more: number, at) => {
    term += more;
    return entryOf(previousIndex + 1 + at, term);
  });
}

const event = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ from: fc.constantFrom("1", "2", "3", "4"), message: loose }),
  },
  { weight: 1, arbitrary: fc.record({ from: fc.anything(), message: fc.anything() }) },
  { weight: 2, arbitrary: fc.constantFrom("persist", "wake", "later", "campaign", "propose") },
);

/** What must hold of a node after whatever happened to it. */
function check(node: TriedNode, ready: Ready, before: { term: number; commit: number }): void {
  const { state } = node;
  const { log } = state;
  expect(Number.isSafeInteger(state.term)).toBe(true);
  expect(state.term).toBeGreaterThanOrEqual(before.term);
  expect(state.commit).toBeGreaterThanOrEqual(before.commit);
  expect(state.commit).toBeLessThanOrEqual(log.lastIndex);
  expect(log.durableIndex).toBeLessThanOrEqual(log.lastIndex);
  expect(membersProblem(log.members)).toBeUndefined();
  let last = 0;
  for (let index = Math.max(log.firstIndex - 1, 0); index <= log.lastIndex; index += 1) {
    const term = log.termOf(index) ?? -1;
    expect(term).toBeGreaterThanOrEqual(last);
    last = term;
  }
  expect(last).toBeLessThanOrEqual(state.term);
  for (const { message } of ready.messages) {
    expect(messageProblem(message, state.settings, state.term)).toBeUndefined();
  }
  expect(ready.notices.length).toBeLessThanOrEqual(2);
  for (const { reason } of ready.notices) expect(reason.length).toBeLessThanOrEqual(200);
  expect(ready.wakeAt > 0).toBe(true);
}

function play(node: TriedNode, what: unknown): Ready {
  switch (what) {
    case "persist":
      return node.persist() ?? node.give({ kind: "log-read" });
    case "later":
      node.now += 300;
      return node.give({ kind: "wake" });
    case "wake":
      return node.give({ kind: "wake" });
    case "campaign":
      return node.give({ kind: "campaign", how: "forced" });
    case "propose":
      return node.give({ kind: "propose", data: [new Uint8Array(3)] });
    default: {
      const { from, message } = what as { readonly from: string; readonly message: RaftMessage };
      return node.hear(from, message);
    }
  }
}

/** Nodes in every role, with a log in which something is committed. */
const beginnings: Readonly<Record<string, () => TriedNode>> = {
  "raft-follower": () => {
    const node = new TriedNode({ log: [1, 1, 2] });
    node.hear("2", heartbeat(2, 2));
    return node;
  },
  "pre-candidate": () => {
    const node = new TriedNode({ log: [1, 1, 2] });
    node.now = 3000;
    node.give({ kind: "wake" });
    return node;
  },
  "raft-candidate": () => {
    const node = new TriedNode({ log: [1, 1, 2] });
    node.give({ kind: "campaign", how: "forced" });
    node.persist();
    return node;
  },
  "raft-leader": () => {
    const node = new TriedNode({ log: [1, 1, 2] });
    node.elect("2");
    node.persist();
    node.hear("2", accepted(3, 4));
    return node;
  },
};

test.each(Object.entries(beginnings))(
  "hostile: whatever peers send to a %s, nothing throws and the state stays valid",
  (role, begin) => {
    expect(begin().state.role.kind).toBe(role as never);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const node = begin();
        for (const what of events) {
          const { term, commit } = node.state;
          check(node, play(node, what), { term, commit });
        }
      }),
      { numRuns: 1500 },
    );
  },
);

test("hostile: what is refused is told, and changes nothing", () => {
  const settings = raftSettings();
  const append = { kind: "append-request", term: 3, previousIndex: 3, previousTerm: 2, commit: 0 };
  const piece = {
    kind: "snapshot-request",
    term: 3,
    offset: 0,
    data: new Uint8Array(),
    last: true,
  };
  const refused: readonly unknown[] = [
    undefined,
    "text",
    { kind: "toString", term: 1 },
    { kind: "heartbeat-request", term: 0, commit: 0, round: 0 },
    { kind: "heartbeat-request", term: 2 ** 60, commit: 0, round: 0 },
    { ...append, entries: [entryOf(5, 3)] },
    { ...append, entries: [entryOf(4, 1)] },
    { ...append, entries: [entryOf(4, 9)] },
    { ...append, entries: [{ ...entryOf(4, 3), kind: "members" }] },
    { ...append, entries: [{ ...entryOf(4, 3), data: "text" }] },
    { ...append, entries: [{ ...entryOf(4, 3), data: new Uint8Array(settings.maxAppendBytes) }] },
    { ...append, previousTerm: 0, entries: [] },
    { ...piece, snapshot: { index: 9, term: 4, members: three } },
    { ...piece, snapshot: { index: 9, term: 2, members: { ...three, voters: [] } } },
    { ...piece, snapshot: { index: 9, term: 2, members: three }, last: false },
    { kind: "vote-request", term: 3, lastIndex: 4, lastTerm: 3, forced: false },
    { kind: "vote-answer", term: 3, campaign: 3, granted: true, silentMs: -1, refusesForMs: 0 },
  ];
  for (const message of refused) {
    const node = new TriedNode({ log: [1, 1, 2] });
    const before = JSON.stringify(node.state);
    const ready = node.hear("2", message as RaftMessage);
    expect(ready.notices).toHaveLength(1);
    expect(ready.messages).toEqual([]);
    expect(JSON.stringify(node.state)).toBe(before);
  }
});

test("hostile: nothing that is committed is changed, whoever says so (F2)", () => {
  const node = new TriedNode({ log: [1, 1, 2] });
  node.hear("2", heartbeat(2, 3));
  const request = { kind: "append-request", term: 4, commit: 3 } as const;
  const ready = node.hear("3", {
    ...request,
    previousIndex: 1,
    previousTerm: 1,
    entries: [entryOf(2, 3), entryOf(3, 3)],
  });
  expect(ready.notices[0]).toMatchObject({ from: "3", reason: expect.stringContaining("entry 3") });
  expect(node.state.log.termOf(3)).toBe(2);
});

test("hostile: there is one raft leader in a term, and nobody else is believed (G3)", () => {
  const node = new TriedNode();
  node.hear("2", heartbeat(2));
  expect(node.hear("3", heartbeat(2)).notices).toHaveLength(1);
  expect(node.hear("3", { kind: "timeout-now", term: 2 }).role).toBe("raft-follower");
  const leader = new TriedNode();
  leader.elect("2");
  expect(leader.hear("3", heartbeat(1))).toMatchObject({ role: "raft-leader", messages: [] });
});
