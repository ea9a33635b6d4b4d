import type { NodeId } from "../members.ts";
import type { SnapshotAnswer } from "../message.ts";
import type { PeerProgress } from "../progress.ts";
import type { Turn } from "../turn.ts";

/** Begins to send the newest snapshot, because the log no longer has what the node needs. */
export function startSnapshot(turn: Turn, to: NodeId, progress: PeerProgress): void {
  const { snapshot } = turn.state.log.store;
  progress.mode = { kind: "snapshot", snapshot, offset: 0, sentAt: turn.now };
  sendPiece(turn, to, progress);
}

/** Sends the piece that is due; a snapshot that is no longer kept is replaced by the newest. */
export function sendPiece(turn: Turn, to: NodeId, progress: PeerProgress): void {
  const { state, now } = turn;
  const { mode } = progress;
  if (mode.kind !== "snapshot") return;
  const { store } = state.log;
  const { snapshotPieceBytes } = state.settings;
  let reading = store.snapshotPiece(mode.snapshot.index, mode.offset, snapshotPieceBytes);
  if (reading.kind === "gone" && store.snapshot.index !== mode.snapshot.index) {
    progress.mode = { kind: "snapshot", snapshot: store.snapshot, offset: 0, sentAt: now };
    reading = store.snapshotPiece(store.snapshot.index, 0, snapshotPieceBytes);
  }
  progress.reading = reading.kind === "reading";
  if (progress.mode.kind !== "snapshot" || reading.kind !== "piece") return;
  const { snapshot, offset } = progress.mode;
  progress.mode.sentAt = now;
  const { data, last } = reading;
  const { term } = state;
  turn.send(to, { kind: "snapshot-request", term, snapshot, offset, data, last });
}

/** Goes on where the node says that it is. */
export function takeSnapshotAnswer(
  turn: Turn,
  from: NodeId,
  progress: PeerProgress,
  { index, offset }: SnapshotAnswer,
): void {
  const { mode } = progress;
  if (mode.kind !== "snapshot" || mode.snapshot.index !== index) return;
  // Nothing that was not sent can be there; the same offset again is an answer to a repetition.
  if (offset === mode.offset) return;
  mode.offset = offset;
  sendPiece(turn, from, progress);
}
