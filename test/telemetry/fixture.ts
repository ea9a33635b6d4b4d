import type { Telemetry } from "../../src/telemetry/telemetry.ts";
import type { Epoch, ReplicaId, ReplicaInfo } from "../../src/election/ports/coordinator.ts";
import type { ElectionEvent, TransitionEvent } from "../../src/election/ports/observer.ts";
import type { Instant } from "../../src/base/scheduler.ts";

export const self: ReplicaInfo = {
  replica: "me" as ReplicaId,
  host: "host",
  pid: 1,
  httpAddress: null,
  since: "2026-01-01T00:00:00.000Z",
};

export const other: ReplicaInfo = { ...self, replica: "other" as ReplicaId, host: "elsewhere" };

/** Above 2^53, where a JSON number would not do. */
export const epoch = 9_007_199_254_740_993n as Epoch;

/** Of the leadership before. */
export const earlierEpoch = (epoch - 1n) as Epoch;

export function transition(
  from: TransitionEvent["from"],
  to: TransitionEvent["to"],
  reason: string,
): TransitionEvent {
  const involved = from === "Leader" || to === "Leader" ? epoch : undefined;
  const failed = to === "Failover" ? "coordinator" : undefined;
  const detail = `because of ${reason}`;
  return { kind: "transition", from, to, reason, detail, failed, epoch: involved };
}

export function lease(
  renewedAt: number,
  validUntil: number,
  mayAct: () => boolean = () => true,
): ElectionEvent {
  const times = { renewedAt: renewedAt as Instant, validUntil: validUntil as Instant };
  return { kind: "lease", ...times, mayAct };
}

const timeoutGranted: ElectionEvent = {
  kind: "timeout-granted",
  askedMs: 10_000,
  grantedMs: 4000,
  detail: "a session timeout of 4000 ms was granted instead of 10000 ms",
  facts: [{ name: "session-timeout", value: "session 4 s, 10 s asked" }],
};

/** One event of every kind, some in several shapes: a replica's life in short. */
export const life: readonly ElectionEvent[] = [
  {
    kind: "connection",
    change: "connected",
    detail: "connected to a:1",
    facts: [{ name: "server", value: "a:1" }],
  },
  timeoutGranted,
  transition("Init", "Attempter", "ready"),
  {
    kind: "standing",
    standing: { kind: "in-line", position: 1, size: 3, candidates: ["other", "me", "third"] },
  },
  { kind: "request", operation: "getData", outcome: "ok", durationMs: 1.23456 },
  { kind: "request", operation: "create", outcome: "timeout", durationMs: 900 },
  { kind: "leader-seen", epoch: earlierEpoch, leader: other },
  { kind: "attempt", outcome: "led", leader: other, detail: undefined },
  { kind: "attempt", outcome: "led", leader: other, detail: undefined },
  { kind: "attempt", outcome: "undecided", leader: undefined, detail: "no answer to create" },
  { kind: "waiting-out", epoch, waitMs: 123.4, observed: true },
  lease(0, 2666),
  { kind: "attempt", outcome: "won", leader: undefined, detail: undefined },
  transition("Attempter", "Leader", "elected"),
  { kind: "file-written", file: "1-1.json", epoch, durationMs: 2.5 },
  { kind: "files-pruned", count: 2 },
  { kind: "notice", level: "warn", detail: "a line\nwith a \u001b[31mtrick" },
  { kind: "connection", change: "lost", detail: "the session is gone", facts: [] },
  transition("Leader", "Failover", "session-lost"),
  {
    kind: "repair",
    resource: "coordinator",
    attempt: 1,
    left: 9,
    failure: { resource: "coordinator", code: "unreachable", detail: "nobody answers" },
  },
  { kind: "repair", resource: "coordinator", attempt: 2, left: 8, failure: undefined },
  { kind: "resting", change: "began", until: 30_000 as Instant, restMs: 30_000, leader: undefined },
  {
    kind: "resting",
    change: "vacant",
    until: 30_000 as Instant,
    restMs: 30_000,
    leader: undefined,
  },
  transition("Failover", "Init", "repaired"),
  { kind: "standing", standing: { kind: "member" } },
  transition("Failover", "Stopping", "exhausted"),
];

/** The metrics as they are scraped. */
export async function metricsOf(telemetry: Telemetry): Promise<string> {
  if (telemetry.metrics === undefined) throw new Error("this telemetry has no metrics");
  return await telemetry.metrics.text();
}
