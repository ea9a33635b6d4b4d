import { expect, test } from "bun:test";
import { failoverBounds } from "../../../src/coordination/zookeeper/failover-bounds.ts";
import type { CommandStatus, LeadershipChange } from "../../../src/election/status.ts";
import {
  age,
  boundSum,
  boundText,
  changeText,
  commandText,
  duration,
  partText,
} from "../../../src/http/page/words.ts";

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [6_666, "6.7 s"],
  [10_000, "10 s"],
  [26_866, "26.9 s"],
  [59_900, "59.9 s"],
  [60_000, "1 min"],
  [192_000, "3 min 12 s"],
  [3_600_000, "1 h"],
  [5 * 3_600_000 + 180_000, "5 h 3 min"],
  [52 * 3_600_000, "2 d 4 h"],
])("words: %d ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [999, "0 s"],
  [1_999, "1 s"],
  [61_999, "1 min 1 s"],
])("words: an age of %d ms is %s", (ms, text) => {
  expect(age(ms)).toBe(text);
});

const change: LeadershipChange = {
  at: "2026-01-01T00:00:00.000Z",
  change: "ended",
  replica: "a",
  epoch: "1",
  reason: "step-down",
  detail: "on request",
};

test("words: what happened to a leadership", () => {
  expect(changeText(change)).toBe("ended: step-down (on request)");
  expect(changeText({ ...change, detail: null, reason: null })).toBe("ended: unknown");
  expect(changeText({ ...change, change: "began" })).toBe("leads");
  expect(changeText({ ...change, change: "seen" })).toBe("seen to lead");
});

test("words: what became of the command", () => {
  const status: CommandStatus = {
    change: "started",
    since: "",
    epoch: "1",
    status: null,
    detail: "starts",
  };
  expect(commandText(status)).toBe("runs");
  expect(commandText({ ...status, change: "exited", status: 3 })).toBe("exited with status 3");
  expect(commandText({ ...status, change: "stopped", detail: "was stopped" })).toBe("was stopped");
});

test("words: how a replica takes part: in a line, which the leader has none in", () => {
  const line = { kind: "in-line", position: 1, size: 3, candidates: ["a", "b", "c"] } as const;
  expect(partText("Leader", { ...line, position: 0 }, "a")).toBe("leads");
  expect(partText("Attempter", line, "a")).toBe("1 of 2 waiting, next to lead");
  expect(partText("Attempter", { ...line, position: 2 }, "a")).toBe("2 of 2 waiting");
  expect(partText("Attempter", { ...line, position: 0 }, undefined)).toBe(
    "1 of 3 waiting, next to lead",
  );
  expect(partText("Attempter", null, "a")).toBe("not in line");
  expect(partText("Attempter", { kind: "member" }, "a")).toBe("a member, in no line");
});

test("words: a bound, and what it is made of", () => {
  const settings = {
    sessionTimeoutMs: 10_000,
    expiryLagMs: 10_000,
    attempterTimeoutMs: 3_000,
    dutyEndMs: 0,
    stopTimeoutMs: 8_000,
  };
  const [handOver, crash] = failoverBounds(settings);
  expect(handOver && [boundText(handOver), boundSum(handOver)]).toEqual([
    "2 commits",
    "SIGTERM or step-down: giving up, taking",
  ]);
  expect(crash && [boundText(crash), boundSum(crash)]).toEqual([
    "20 s",
    "10 s session timeout + 10 s until its end is noticed + 1 commit",
  ]);
  const [slow] = failoverBounds({ ...settings, dutyEndMs: 2_500 });
  expect(slow && boundSum(slow)).toBe("2.5 s ending the duty + 2 commits");
});
