import { expect, test } from "bun:test";
import { ClientObservation } from "../../../src/coordination/zookeeper/leadership/client-observation.ts";

const failed = { kind: "attempt-failed", server: "a:1", detail: "refused" } as const;
const resumed = { kind: "resumed", server: "b:1", suspendedMs: 1 } as const;

/** At which levels trouble is told, event by event. */
function levels(events: readonly Parameters<ClientObservation["electionEventOf"]>[0][]) {
  const observation = new ClientObservation();
  return events.map((event) => {
    const told = observation.electionEventOf(event);
    return told?.kind === "notice" ? told.level : told?.kind;
  });
}

test("client observation: the same trouble is a warning once, and again after a connection", () => {
  expect(levels([failed, failed, { ...failed, server: "b:1" }, failed])).toEqual([
    "warn",
    "debug",
    "warn",
    "debug",
  ]);
  expect(levels([failed, resumed, failed])).toEqual(["warn", "connection", "warn"]);
});

test("client observation: ever new troubles are forgotten in time", () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ ...failed, detail: String(index) }));
  expect(levels([failed, ...many, failed]).at(-1)).toBe("warn");
});
