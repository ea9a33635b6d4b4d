import type { NodeId } from "../members.ts";
import type { SnapshotRequest } from "../message.ts";
import { commitUpTo } from "../state.ts";
import type { Turn } from "../turn.ts";

/**
 * S1. Pieces are taken in order, of one snapshot at a time, and are durable before the next is
 *     asked for. A snapshot that is further along takes the place of one that is coming in.
 * S2. A complete snapshot takes the place of log and state machine in one write, together with
 *     whatever term and vote that write has; and only where it is ahead of the commit index.
 * S3. Where the log has the snapshot's last entry already, the log stays.
 */
export function receiveSnapshot(turn: Turn, to: NodeId, request: SnapshotRequest): void {
  const { state } = turn;
  const { log, term, settings } = state;
  const { snapshot, offset, data, last } = request;
  const { index } = snapshot;
  if (log.has(index, snapshot.term)) commitUpTo(state, index);
  if (index <= state.commit) {
    state.receiving = undefined;
    const accepted = { accepted: true, index: state.commit } as const;
    turn.send(to, { kind: "append-answer", term, ...accepted }, state.commit);
    return;
  }
  // Pieces of an earlier one are late: within one term, a raft leader only goes on to later ones.
  if ((state.receiving?.snapshot.index ?? 0) > index) return;
  if (isOther(state.receiving?.snapshot, snapshot)) state.receiving = { snapshot, offset: 0 };
  const { receiving } = state;
  if (receiving === undefined) return;
  if (offset !== receiving.offset || offset + data.length > settings.maxSnapshotBytes) {
    turn.send(to, { kind: "snapshot-answer", term, index, offset: receiving.offset });
    return;
  }
  turn.piece = request;
  receiving.offset += data.length;
  if (!last) {
    turn.send(to, { kind: "snapshot-answer", term, index, offset: receiving.offset });
    return;
  }
  state.receiving = undefined;
  log.restore(snapshot);
  commitUpTo(state, index);
  turn.send(to, { kind: "append-answer", term, accepted: true, index }, index);
}

function isOther(
  one: SnapshotRequest["snapshot"] | undefined,
  other: SnapshotRequest["snapshot"],
): boolean {
  return one?.index !== other.index || one.term !== other.term;
}
