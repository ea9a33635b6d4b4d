import { expect, test } from "bun:test";
import { historyText, inOrder, leadershipsOf } from "../../src/cli/history/leaderships.ts";
import { parseStatus } from "../../src/http/received-status.ts";
import { type Understood, understood } from "./command-line.fixture.ts";

function transition(at: number, from: string, to: string, epoch: string | null, reason: string) {
  const time = `2026-01-01T00:00:0${at}.000Z`;
  return { at: time, from, to, epoch, reason, detail: `because of ${reason}` };
}

function leaderships(...transitions: readonly unknown[]) {
  const text = JSON.stringify({ state: "Leader", replica: { replica: "a" }, transitions });
  const status = parseStatus(text);
  if (status === undefined) throw new Error("no status");
  return leadershipsOf(status);
}

const told = leaderships(
  transition(7, "Attempter", "Leader", "30", "elected"),
  transition(6, "Failover", "Init", null, "repaired"),
  transition(5, "Leader", "Failover", "20", "lease-ended"),
  transition(3, "Attempter", "Leader", "20", "elected"),
  transition(1, "Leader", "Attempter", "9", "step-down"),
);

test("history: pairs beginnings and ends, also where one of them is not remembered", () => {
  expect(told).toMatchObject([
    { epoch: "9", from: null, until: "2026-01-01T00:00:01.000Z", reason: "step-down" },
    { epoch: "20", from: "2026-01-01T00:00:03.000Z", reason: "lease-ended" },
    { epoch: "30", from: "2026-01-01T00:00:07.000Z", until: null, reason: null },
  ]);
});

test("history: is a table in the order of the epochs, which are numbers", () => {
  expect(historyText(inOrder(told.toReversed()), new Date("2026-01-01T00:00:09.500Z"))).toBe(
    `REPLICA  FROM                      LASTED  EPOCH  ENDED BY     DETAIL
a        ?                         ?       9      step-down    because of step-down
a        2026-01-01T00:00:03.000Z  2s      20     lease-ended  because of lease-ended
a        2026-01-01T00:00:07.000Z  2.5s    30     (it leads)
`,
  );
  expect(historyText([], new Date(0))).toBe("No leadership is remembered.\n");
});

function seen(second: number, change: string, replica: string, epoch: string) {
  const at = `2026-01-01T00:00:0${second}.000Z`;
  return {
    at,
    change,
    replica,
    epoch,
    ...(change === "ended" && { reason: "stop", detail: "why" }),
  };
}

function statusOf(...changes: readonly unknown[]) {
  const status = parseStatus(
    JSON.stringify({
      state: "Attempter",
      replica: { replica: "a" },
      leader: { replica: "c", epoch: "30" },
      leaderships: changes,
    }),
  );
  if (status === undefined) throw new Error("no status");
  return leadershipsOf(status);
}

test("history: what several replicas saw of a leadership is one, also when its end is not known", () => {
  const one = statusOf(seen(7, "seen", "c", "30"), seen(4, "seen", "b", "20"));
  const other = statusOf(
    seen(3, "ended", "a", "9"),
    seen(1, "began", "a", "9"),
    seen(2, "seen", "a", "9"),
    null,
  );
  const text = historyText(inOrder([...one, ...other]), new Date("2026-01-01T00:00:09.500Z"));
  expect(text).toBe(
    `REPLICA  FROM                      LASTED  EPOCH  ENDED BY    DETAIL
a        2026-01-01T00:00:01.000Z  2s      9      stop        why
b        2026-01-01T00:00:04.000Z  ?       20     ?
c        2026-01-01T00:00:07.000Z  2.5s    30     (it leads)
`,
  );
});

test("history: nonsense is no leadership", () => {
  expect(leaderships(null, 5, {}, { from: "Leader" })).toMatchObject([{ from: null, until: null }]);
  expect(leaderships()).toEqual([]);
});

function parse(...words: readonly string[]): Promise<Understood> {
  return understood(["history", ...words]);
}

test("history: takes addresses, and no others' flags", async () => {
  expect(await parse("a:1", "b:2")).toMatchObject({ kind: "history", json: false });
  expect((await parse("--all")).kind).toBe("usage-error");
  expect((await parse()).kind).toBe("usage-error");
});
