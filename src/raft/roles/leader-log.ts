import { entryBytes, type EntryKind, type RaftEntry } from "../log/log-store.ts";
import { reachedByMajority } from "../majority.ts";
import { encodeMembers, isJoint, isVoter, nodesOf, secondStep } from "../members.ts";
import { newProgress } from "../progress.ts";
import { commitUpTo, type LeaderRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { becomeFollower } from "./become-follower.ts";
import { sendToAll } from "./sending.ts";
import { mostAdvancedVoter } from "./transferring.ts";

/**
 * What the raft leader does with its own log.
 *
 * I1. It only appends.
 * I2. An entry is committed when every majority of the newest configuration has it durably, and
 *     only an entry of its own term commits by counting; what is before it is committed with it.
 * I3. It counts itself only for what its own disk has, and only where it is a voter.
 * I4. A configuration is proposed only when the one before is committed, and in its own term.
 */
export function appendOwn(
  turn: Turn,
  role: LeaderRole,
  kind: EntryKind,
  data: readonly Uint8Array[],
): void {
  const { log, term } = turn.state;
  const first = log.lastIndex + 1;
  const entries = data.map((bytes, at): RaftEntry => ({
    index: first + at,
    term,
    kind,
    data: bytes,
  }));
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  log.append(entries);
  role.uncommitted.push({ lastIndex: log.lastIndex, bytes });
  role.uncommittedBytes += bytes;
  if (kind === "members") followMembers(turn, role);
  sendToAll(turn, role);
}

/** Commits what has reached a majority (I2), tells everybody, and does what the entries ask for. */
export function advanceCommit(turn: Turn, role: LeaderRole): void {
  const { state } = turn;
  const { log, id: self } = state;
  const reached = reachedByMajority(log.members, (id) =>
    id === self ? log.durableIndex : (role.progress.get(id)?.match ?? 0),
  );
  if (reached <= state.commit || !log.has(reached, state.term)) return;
  commitUpTo(state, reached);
  while ((role.uncommitted[0]?.lastIndex ?? Infinity) <= reached) {
    role.uncommittedBytes -= role.uncommitted.shift()?.bytes ?? 0;
  }
  sendToAll(turn, role);
  if (log.membersIndex <= reached) membersCommitted(turn, role);
}

/** Keeps the progress of exactly those nodes that any configuration in force names. */
export function followMembers({ state, now }: Turn, role: LeaderRole): void {
  const nodes = new Set(state.log.allMembers.flatMap((members) => [...nodesOf(members)]));
  nodes.delete(state.id);
  for (const id of role.progress.keys()) if (!nodes.has(id)) role.progress.delete(id);
  for (const id of nodes) {
    if (!role.progress.has(id)) role.progress.set(id, newProgress(state.log.lastIndex, now));
  }
}

/** A joint configuration is left as soon as it is committed; who is no longer in it stands down. */
function membersCommitted(turn: Turn, role: LeaderRole): void {
  const { state } = turn;
  const { members } = state.log;
  if (isJoint(members)) {
    appendOwn(turn, role, "members", [encodeMembers(secondStep(members))]);
    return;
  }
  followMembers(turn, role);
  if (isVoter(members, state.id)) return;
  const heir = mostAdvancedVoter(turn, role);
  if (heir !== undefined) turn.send(heir, { kind: "timeout-now", term: state.term });
  becomeFollower(turn, state.term, undefined);
}
