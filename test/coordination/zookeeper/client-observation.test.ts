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

test("client observation: a connection names its server, and nothing of it when it is over", () => {
  const observation = new ClientObservation();
  expect(observation.electionEventOf({ kind: "connected", server: "a:1", sessionId: -1n })).toEqual(
    {
      kind: "connection",
      change: "connected",
      detail: "session 0xffffffffffffffff begins",
      facts: [{ name: "server", value: "a:1" }],
    },
  );
  const end = { kind: "expired", confirmed: true, detail: "by the servers" } as const;
  expect(observation.electionEventOf({ kind: "ended", end })).toMatchObject({ facts: [] });
});

test.each([
  [10_000, 4_000, "session 4 s, 10 s asked"],
  [100, 1_234, "session 1.234 s, 100 ms asked"],
])("client observation: asked for %d ms and granted %d ms, says so exactly", (...granted) => {
  const [requestedMs, grantedMs, value] = granted;
  const observation = new ClientObservation();
  const told = observation.electionEventOf({ kind: "timeout-granted", requestedMs, grantedMs });
  expect(told).toEqual({
    kind: "timeout-granted",
    askedMs: requestedMs,
    grantedMs,
    detail: `a session timeout of ${grantedMs} ms was granted instead of ${requestedMs} ms`,
    facts: [{ name: "session-timeout", value }],
  });
  const asked = { kind: "timeout-granted", requestedMs, grantedMs: requestedMs } as const;
  expect(observation.electionEventOf(asked)).toBeUndefined();
});
