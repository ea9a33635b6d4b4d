import { impossible } from "../impossible.ts";
import type { NodeId } from "../members.ts";
import type { AppendRequest, FromRaftLeader, HeartbeatRequest, TimeoutNow } from "../message.ts";
import { commitUpTo } from "../state.ts";
import type { Turn } from "../turn.ts";
import { hearRaftLeader } from "./become-follower.ts";
import { receiveSnapshot } from "./snapshot-receiving.ts";

/**
 * A raft follower has the log of the raft leader.
 *
 * Enter: at the start; with a later term; when a campaign is lost; when a raft leader is heard or
 * stands down. While here: appends, answers, votes. Leave: to pre-candidate when no raft leader
 * was heard for the election timeout that it drew; to raft candidate when the raft leader asks.
 *
 * F1. Whatever the raft leader says is a sign of life, also what cannot be appended.
 * F2. Its log changes only where an entry differs from the raft leader's, and never at or below
 *     the commit index. An old or repeated request cuts nothing.
 * F3. It commits only what it knows to be the same as the raft leader's.
 */
export function followerReceives(
  turn: Turn,
  raftLeader: NodeId,
  message: Exclude<FromRaftLeader, TimeoutNow>,
): void {
  switch (message.kind) {
    case "append-request":
      hearRaftLeader(turn, raftLeader);
      receiveEntries(turn, raftLeader, message);
      return;
    case "heartbeat-request":
      hearRaftLeader(turn, raftLeader);
      receiveHeartbeat(turn, raftLeader, message);
      return;
    case "snapshot-request":
      hearRaftLeader(turn, raftLeader);
      receiveSnapshot(turn, raftLeader, message);
      return;
    case "read-answer":
      turn.reads.push({ id: message.id, index: message.index });
      return;
    default:
      impossible(message);
  }
}

function receiveHeartbeat(turn: Turn, to: NodeId, { commit, round }: HeartbeatRequest): void {
  const { log, term } = turn.state;
  if (commit <= log.lastIndex) commitUpTo(turn.state, commit);
  else turn.notice(`it says that entry ${commit} is here, the last is ${log.lastIndex}`, to);
  turn.send(to, { kind: "heartbeat-answer", term, round });
}

function receiveEntries(turn: Turn, to: NodeId, request: AppendRequest): void {
  const { state } = turn;
  const { log, term } = state;
  const { previousIndex } = request;
  const end = previousIndex + request.entries.length;
  // What is committed is the same; only what is behind is worth a look.
  const known = Math.min(Math.max(0, state.commit - previousIndex), request.entries.length);
  const entries = request.entries.slice(known);
  const before = request.entries[known - 1] ?? {
    index: previousIndex,
    term: request.previousTerm,
  };
  const termBefore = log.termOf(before.index);
  if (before.index <= state.commit) {
    if (termBefore !== undefined && termBefore !== before.term) {
      return turn.notice(`it would change entry ${before.index}, which is committed`, to);
    }
  } else if (termBefore !== before.term) return answerConflict(turn, to, request);
  const at = entries.findIndex((entry) => !log.has(entry.index, entry.term));
  const added = at === -1 ? [] : entries.slice(at);
  const first = added[0]?.index ?? Infinity;
  if (first <= state.commit) return turn.notice(`it would change entry ${first}`, to);
  if (first <= log.lastIndex) log.cut(first);
  log.append(added);
  commitUpTo(state, Math.min(request.commit, end));
  const index = Math.max(end, state.commit);
  turn.send(to, { kind: "append-answer", term, accepted: true, index }, index);
}

/** Says where the logs may part: the last entry whose term is not above the one asked for. */
function answerConflict(turn: Turn, to: NodeId, request: AppendRequest): void {
  const { log, term } = turn.state;
  const { previousIndex: index, previousTerm } = request;
  const hintIndex = log.lastWithin(index, previousTerm);
  const hint = { hintIndex, hintTerm: log.termOf(hintIndex) ?? 0 };
  turn.send(to, { kind: "append-answer", term, accepted: false, index, ...hint });
}
