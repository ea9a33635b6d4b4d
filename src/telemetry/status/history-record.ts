import type { LeadershipChange } from "../../election/status.ts";

/** How many changes are remembered. */
const historyLength = 100;
/** The longest text of a record. A longer one is not ours: we cut the details that we write. */
const longestText = 300;

/**
 * Merges two histories: every change once, the latest first, 100 of them at most. Where two records
 * tell of one change, that of the replica that led is kept: the other one only read of it, later.
 */ export function mergeHistories(
  one: readonly LeadershipChange[],
  other: readonly LeadershipChange[],
): readonly LeadershipChange[] {
  const merged = new Map<string, LeadershipChange>();
  for (const change of [...one, ...other].map(shortened)) {
    const phase = change.change === "ended" ? "ended" : "began";
    const key = `${change.epoch} ${phase} ${change.replica}`;
    const known = merged.get(key);
    // The replica that leads says `began`, and one that reads of it says `seen`.
    if (known === undefined || change.change !== "seen") merged.set(key, change);
  }
  return [...merged.values()].toSorted(latestFirst).slice(0, historyLength);
}

/** Reads a history that was kept as text; undefined when the text is none, or was damaged. */
export function parseHistory(text: string): readonly LeadershipChange[] | undefined {
  try {
    const value = JSON.parse(text) as { changes?: unknown } | null;
    if (!Array.isArray(value?.changes)) return undefined;
    const changes: readonly unknown[] = value.changes;
    return changes.every(isChange) ? changes : undefined;
  } catch {
    return undefined;
  }
}

function isChange(value: unknown): value is LeadershipChange {
  if (typeof value !== "object" || value === null) return false;
  const { at, change, replica, epoch, reason, detail } = value as Record<string, unknown>;
  return (
    isText(at) &&
    !Number.isNaN(Date.parse(at)) &&
    (change === "began" || change === "seen" || change === "ended") &&
    isText(replica) &&
    isText(epoch) &&
    /^\d{1,19}$/.test(epoch) &&
    (reason === null || isText(reason)) &&
    (detail === null || isText(detail))
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestText;
}

function shortened(change: LeadershipChange): LeadershipChange {
  const { at, change: what, replica, epoch, reason, detail } = change;
  const cut = detail === null ? null : detail.slice(0, longestText);
  return { at, change: what, replica, epoch, reason, detail: cut };
}

function latestFirst(one: LeadershipChange, other: LeadershipChange): number {
  const time = Date.parse(other.at) - Date.parse(one.at);
  if (time !== 0) return time;
  const epochs = BigInt(other.epoch) - BigInt(one.epoch);
  if (epochs !== 0n) return epochs > 0n ? 1 : -1;
  return Number(other.change === "ended") - Number(one.change === "ended");
}
