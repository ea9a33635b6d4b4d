import { formatDuration } from "../config/duration.ts";
import { fieldsOf, type ReceivedStatus, textOf } from "./status-text.ts";
import { textTable } from "./text-table.ts";

/** One leadership, as its replica remembers it. Times are ISO 8601. */
export interface PastLeadership {
  readonly replica: string;
  /** Null when the replica does not remember its beginning any more. */
  readonly from: string | null;
  /** Null while it lasts. */
  readonly until: string | null;
  readonly epoch: string | null;
  /** Why it ended; null while it lasts. */
  readonly reason: string | null;
  readonly detail: string | null;
}

/** The leaderships that a replica's transitions tell of, the oldest first. */
export function leadershipsOf({ fields }: ReceivedStatus): readonly PastLeadership[] {
  const replica = textOf(fieldsOf(fields["replica"]), "replica") ?? "?";
  const told = fields["transitions"];
  const transitions = Array.isArray(told) ? told.map(fieldsOf).toReversed() : [];
  const leaderships: PastLeadership[] = [];
  let begun: { readonly from: string | null; readonly epoch: string | null } | undefined;
  for (const transition of transitions) {
    const at = textOf(transition, "at") ?? null;
    const epoch = textOf(transition, "epoch") ?? null;
    if (transition["to"] === "Leader") begun = { from: at, epoch };
    if (transition["from"] !== "Leader") continue;
    leaderships.push({
      replica,
      from: begun?.from ?? null,
      until: at,
      epoch: epoch ?? begun?.epoch ?? null,
      reason: textOf(transition, "reason") ?? null,
      detail: textOf(transition, "detail") ?? null,
    });
    begun = undefined;
  }
  if (begun !== undefined) {
    leaderships.push({ replica, ...begun, until: null, reason: null, detail: null });
  }
  return leaderships;
}

/** By epoch, which orders all leaderships of one service, the oldest first. */
export function inOrder(leaderships: readonly PastLeadership[]): readonly PastLeadership[] {
  const rank = ({ epoch }: PastLeadership): bigint =>
    epoch !== null && /^\d+$/.test(epoch) ? BigInt(epoch) : -1n;
  return leaderships.toSorted((one, other) => {
    const [first, second] = [rank(one), rank(other)];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

/** A table for people. */
export function historyText(leaderships: readonly PastLeadership[], now: Date): string {
  if (leaderships.length === 0) return "No leadership is remembered.\n";
  const head = ["REPLICA", "FROM", "LASTED", "EPOCH", "ENDED BY", "DETAIL"];
  const rows = leaderships.map((leadership) => {
    const { replica, from, epoch, reason, detail } = leadership;
    const cause = reason ?? "(it leads)";
    return [replica, from ?? "?", lasted(leadership, now), epoch ?? "?", cause, detail ?? ""];
  });
  return textTable([head, ...rows]);
}

function lasted({ from, until }: PastLeadership, now: Date): string {
  if (from === null) return "?";
  const ms = (until === null ? now.getTime() : Date.parse(until)) - Date.parse(from);
  // A clock that was set back in between makes nonsense of it.
  return ms >= 0 ? formatDuration(ms < 10_000 ? ms : Math.round(ms / 1000) * 1000) : "?";
}
