import type { LeadershipChange } from "../../election/status.ts";

/** How many changes are remembered. */
const historyLength = 100;
/** A text of a record that is longer was not written by us; a detail of ours is cut. */
const longestText = 300;

/** Both without repetition, the latest first. Where two tell of one thing, the better informed. */
export function mergeHistories(
  one: readonly LeadershipChange[],
  other: readonly LeadershipChange[],
): readonly LeadershipChange[] {
  const merged = new Map<string, LeadershipChange>();
  for (const change of [...one, ...other].map(shortened)) {
    const phase = change.change === "ended" ? "ended" : "began";
    const key = `${change.epoch} ${phase} ${change.replica}`;
    const known = merged.get(key);
    // Who leads knows better than who reads of it.
    if (known === undefined || change.change !== "seen") merged.set(key, change);
  }
  return [...merged.values()].toSorted(latestFirst).slice(0, historyLength);
}

/** The changes of a kept history; undefined when it is none, or was damaged. */
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
