import type { SnapshotMeta } from "./log/log-store.ts";

/** How the raft leader sends to one node. */
type SendingMode =
  /**
   * Where the logs part is not known: one message at a time. The first has entries; what repeats
   * it has none, because it may only be slow.
   */
  | { readonly kind: "probe"; sentAt: number | undefined }
  /** One message after the other, without waiting, up to a bound in bytes. */
  | { readonly kind: "replicate"; readonly inflight: SentEntries[]; inflightBytes: number }
  /** What the node needs is no longer in the log. One piece at a time. */
  | { readonly kind: "snapshot"; snapshot: SnapshotMeta; offset: number; sentAt: number };

/** Some entries, by the last of them, with the bytes of their data. */
export interface SentEntries {
  readonly lastIndex: number;
  readonly bytes: number;
}

/**
 * What the raft leader knows of one node.
 *
 * P1. `match < next`, and `match` never falls: up to there the node's log is durably the same.
 * P2. Under way to the node are at most `maxInflightBytes` and one message more, in at most
 *     `maxInflightMessages`.
 */
export interface PeerProgress {
  match: number;
  /** The next entry to send. */
  next: number;
  mode: SendingMode;
  /** The last answer in this term, or the election. */
  heardAt: number;
  /** The last time that it was asked whether what was sent arrived. */
  askedAt: number;
  /** The highest commit index that was sent along with entries that reach it. */
  commitSent: number;
  /** Whether the log is reading for it. */
  reading: boolean;
}

export function newProgress(lastIndex: number, now: number): PeerProgress {
  return {
    match: 0,
    next: lastIndex + 1,
    mode: { kind: "probe", sentAt: undefined },
    heardAt: now,
    askedAt: now,
    commitSent: 0,
    reading: false,
  };
}

/** Notes that the node's log is durably the same up to `index`; false where that was known. */
export function noteMatch(progress: PeerProgress, index: number): boolean {
  const { mode } = progress;
  if (mode.kind === "replicate") {
    while ((mode.inflight[0]?.lastIndex ?? Infinity) <= index) {
      mode.inflightBytes -= mode.inflight.shift()?.bytes ?? 0;
    }
  }
  if (index <= progress.match) return false;
  progress.match = index;
  progress.next = Math.max(progress.next, index + 1);
  return true;
}

export function noteSent(progress: PeerProgress, lastIndex: number, bytes: number): void {
  const { mode } = progress;
  if (mode.kind !== "replicate" || lastIndex < progress.next) return;
  mode.inflight.push({ lastIndex, bytes });
  mode.inflightBytes += bytes;
  progress.next = lastIndex + 1;
}

export function probeFrom(progress: PeerProgress, next: number): void {
  progress.mode = { kind: "probe", sentAt: undefined };
  progress.next = Math.max(progress.match + 1, next);
}

export function replicate(progress: PeerProgress): void {
  progress.mode = { kind: "replicate", inflight: [], inflightBytes: 0 };
  progress.next = progress.match + 1;
}

export function cloneProgress(progress: PeerProgress): PeerProgress {
  const { mode } = progress;
  const copy = mode.kind === "replicate" ? { ...mode, inflight: [...mode.inflight] } : { ...mode };
  return { ...progress, mode: copy };
}
