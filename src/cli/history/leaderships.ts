import { formatDuration } from "../../options/duration.ts";
import type { ReceivedStatus } from "../../http/received-status.ts";
import { textTable } from "../table.ts";

/** One leadership, as its replica remembers it. Times are ISO 8601. */
interface PastLeadership {
  readonly replica: string;
  /** Null when the replica does not remember its beginning any more. */
  readonly from: string | null;
  /** Null while it lasts, and where its end is not known. */
  readonly until: string | null;
  readonly epoch: string | null;
  /** Why it ended, where that is known. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Whether somebody who was asked says that it lasts. */
  readonly leads: boolean;
}

/** The leaderships that a replica tells of, its own and those that it saw. */
export function leadershipsOf(status: ReceivedStatus): readonly PastLeadership[] {
  const { leaderships, leaderEpoch } = status;
  // One of an earlier version remembers its own, and only since it was started.
  return leaderships?.flatMap((change) => ofChange(change, leaderEpoch)) ?? ofTransitions(status);
}

type Change = NonNullable<ReceivedStatus["leaderships"]>[number];

const openEnd = { reason: null, detail: null } as const;

/** What one change tells of a leadership; several changes may tell of one leadership. */
function ofChange(told: Change, leading: string | undefined): readonly PastLeadership[] {
  const { replica, epoch, change, at = null, reason = null, detail = null } = told;
  if (replica === undefined || epoch === undefined) return [];
  return change === "ended"
    ? [{ replica, epoch, from: null, until: at, reason, detail, leads: false }]
    : [{ replica, epoch, from: at, until: null, ...openEnd, leads: epoch === leading }];
}

function ofTransitions({ replica, transitions }: ReceivedStatus): readonly PastLeadership[] {
  const leaderships: PastLeadership[] = [];
  let begun: { readonly from: string | null; readonly epoch: string | null } | undefined;
  for (const transition of transitions.toReversed()) {
    const { at = null, epoch = null, from, to, reason = null, detail = null } = transition;
    if (to === "Leader") begun = { from: at, epoch };
    if (from !== "Leader") continue;
    leaderships.push({
      replica,
      from: begun?.from ?? null,
      until: at,
      epoch: epoch ?? begun?.epoch ?? null,
      reason,
      detail,
      leads: false,
    });
    begun = undefined;
  }
  if (begun !== undefined) {
    leaderships.push({ replica, ...begun, until: null, reason: null, detail: null, leads: true });
  }
  return leaderships;
}

/**
 * Each leadership once, the oldest first: by epoch, which orders those of one service. Of who saw
 * it begin the first is right: a replica sees another's beginning after it.
 */
export function inOrder(leaderships: readonly PastLeadership[]): readonly PastLeadership[] {
  const rank = ({ epoch }: PastLeadership): bigint =>
    epoch !== null && /^\d+$/.test(epoch) ? BigInt(epoch) : -1n;
  const known = new Map<string, PastLeadership>();
  for (const told of leaderships) {
    const key = told.epoch === null ? JSON.stringify(told) : `${told.epoch} ${told.replica}`;
    const before = known.get(key) ?? told;
    const from = [before.from, told.from].filter((time) => time !== null).toSorted()[0] ?? null;
    const end = before.until === null ? told : before;
    known.set(key, { ...end, from, leads: end.until === null && (before.leads || told.leads) });
  }
  return [...known.values()].toSorted((one, other) => {
    const [first, second] = [rank(one), rank(other)];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

/** A table for people. */
export function historyText(leaderships: readonly PastLeadership[], now: Date): string {
  if (leaderships.length === 0) return "No leadership is remembered.\n";
  const head = ["REPLICA", "FROM", "LASTED", "EPOCH", "ENDED BY", "DETAIL"];
  const rows = leaderships.map((leadership) => {
    const { replica, from, until, epoch, reason, detail, leads } = leadership;
    const length = until === null && !leads ? "?" : lasted(leadership, now);
    const cause = reason ?? (leads ? "(it leads)" : "?");
    return [replica, from ?? "?", length, epoch ?? "?", cause, detail ?? ""];
  });
  return textTable([head, ...rows]);
}

function lasted({ from, until }: PastLeadership, now: Date): string {
  if (from === null) return "?";
  const ms = (until === null ? now.getTime() : Date.parse(until)) - Date.parse(from);
  // A clock that was set back in between makes nonsense of it.
  return ms >= 0 ? formatDuration(ms < 10_000 ? ms : Math.round(ms / 1000) * 1000) : "?";
}
