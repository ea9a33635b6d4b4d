import { impossible } from "../impossible.ts";
import { entryBytes, type RaftEntry } from "../log/log-store.ts";
import type { NodeId } from "../members.ts";
import { noteSent, type PeerProgress } from "../progress.ts";
import type { LeaderRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { sendPiece, startSnapshot } from "./snapshot-sending.ts";

/** Sends to everybody what it lacks, as far as the bounds of P2 (progress.ts) allow. */
export function sendToAll(turn: Turn, role: LeaderRole): void {
  for (const [id, progress] of role.progress) sendEntries(turn, id, progress);
}

/** Sends a node all entries that the bounds allow, or the commit index where there are none. */
export function sendEntries(turn: Turn, to: NodeId, progress: PeerProgress): void {
  const { mode } = progress;
  switch (mode.kind) {
    case "snapshot":
      return;
    case "probe":
      if (mode.sentAt !== undefined) return;
      if (sendNext(turn, to, progress)) mode.sentAt = turn.now;
      return;
    case "replicate":
      sendWindow(turn, to, progress);
      return;
    default:
      impossible(mode);
  }
}

/** Asks again for what was not answered for a heartbeat interval: the message may be lost. */
export function askAgain(turn: Turn, to: NodeId, progress: PeerProgress): void {
  const { mode } = progress;
  const { now, state } = turn;
  const patienceMs =
    mode.kind === "snapshot" ? state.settings.electionTimeoutMs : state.settings.heartbeatMs;
  const sentAt = mode.kind === "replicate" ? progress.askedAt : (mode.sentAt ?? now);
  if (now - sentAt < patienceMs) return;
  switch (mode.kind) {
    case "snapshot":
      sendPiece(turn, to, progress);
      return;
    case "probe":
      mode.sentAt = now;
      sendAppend(turn, to, progress, []);
      return;
    case "replicate":
      if (mode.inflight.length === 0) return;
      // Without entries: what is under way may only be slow, and so is a disk in trouble.
      progress.askedAt = now;
      sendAppend(turn, to, progress, []);
      return;
    default:
      impossible(mode);
  }
}

/** Sends a heartbeat to everybody. */
export function sendHeartbeats(turn: Turn, role: LeaderRole): void {
  const { state, now } = turn;
  role.heartbeatAt = now + state.settings.heartbeatMs;
  for (const [to, { match }] of role.progress) {
    turn.send(to, {
      kind: "heartbeat-request",
      term: state.term,
      commit: Math.min(match, state.commit),
      round: role.rounds.number,
    });
  }
}

function sendWindow(turn: Turn, to: NodeId, progress: PeerProgress): void {
  const { log, settings, commit } = turn.state;
  const { mode } = progress;
  while (mode.kind === "replicate" && progress.next <= log.lastIndex) {
    if (mode.inflightBytes >= settings.maxInflightBytes) return;
    if (mode.inflight.length >= settings.maxInflightMessages) return;
    if (!sendNext(turn, to, progress)) return;
  }
  if (Math.min(commit, progress.next - 1) > progress.commitSent) {
    sendAppend(turn, to, progress, []);
  }
}

/** Sends the next entries, or a snapshot in their place; false where nothing was sent. */
function sendNext(turn: Turn, to: NodeId, progress: PeerProgress): boolean {
  const { log, settings } = turn.state;
  if (log.termOf(progress.next - 1) === undefined) {
    startSnapshot(turn, to, progress);
    return false;
  }
  const { next } = progress;
  const entries =
    next > log.lastIndex ? [] : log.entries(next, log.lastIndex, settings.maxAppendBytes);
  progress.reading = entries === undefined;
  if (entries === undefined) return false;
  sendAppend(turn, to, progress, entries);
  return true;
}

function sendAppend(
  turn: Turn,
  to: NodeId,
  progress: PeerProgress,
  entries: readonly RaftEntry[],
): void {
  const { log, term, commit } = turn.state;
  const previousIndex = progress.next - 1;
  const previousTerm = log.termOf(previousIndex);
  if (previousTerm === undefined) return startSnapshot(turn, to, progress);
  const request = { kind: "append-request", term, previousIndex, previousTerm } as const;
  turn.send(to, { ...request, entries, commit });
  const lastIndex = previousIndex + entries.length;
  progress.commitSent = Math.max(progress.commitSent, Math.min(commit, lastIndex));
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (progress.mode.kind === "replicate" && entries.length > 0) progress.askedAt = turn.now;
  noteSent(progress, lastIndex, bytes);
}
