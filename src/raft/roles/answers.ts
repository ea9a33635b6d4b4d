import { impossible } from "../impossible.ts";
import type { NodeId } from "../members.ts";
import type { AppendAnswer, ToRaftLeader } from "../message.ts";
import { noteMatch, type PeerProgress, probeFrom, replicate } from "../progress.ts";
import type { LeaderRole } from "../state.ts";
import type { Turn } from "../turn.ts";
import { advanceCommit } from "./leader-log.ts";
import { takeRoundAnswer, wantRead } from "./rounds.ts";
import { askAgain, sendEntries } from "./sending.ts";
import { takeSnapshotAnswer } from "./snapshot-sending.ts";
import { continueTransfer } from "./transferring.ts";

/** Takes what other nodes say to the raft leader in its own term. */
export function leaderReceives(
  turn: Turn,
  role: LeaderRole,
  from: NodeId,
  message: ToRaftLeader,
): void {
  const progress = role.progress.get(from);
  if (progress === undefined) {
    return turn.notice(`${message.kind} of one who is no member`, from);
  }
  progress.heardAt = turn.now;
  switch (message.kind) {
    case "append-answer":
      takeAppendAnswer(turn, role, from, progress, message);
      return;
    case "heartbeat-answer":
      takeRoundAnswer(turn, role, from, message.round);
      askAgain(turn, from, progress);
      // What the log had to read, or a bound held back, may go on as well.
      sendEntries(turn, from, progress);
      return;
    case "snapshot-answer":
      takeSnapshotAnswer(turn, from, progress, message);
      return;
    case "read-request":
      wantRead(turn, role, message.id, from);
      return;
    default:
      impossible(message);
  }
}

function takeAppendAnswer(
  turn: Turn,
  role: LeaderRole,
  from: NodeId,
  progress: PeerProgress,
  answer: AppendAnswer,
): void {
  const { log } = turn.state;
  if (answer.index > log.lastIndex) {
    return turn.notice(`it names entry ${answer.index}, the last is ${log.lastIndex}`, from);
  }
  if (answer.accepted) takeMatch(turn, role, from, progress, answer.index);
  else takeConflict(turn, from, progress, answer);
}

function takeMatch(
  turn: Turn,
  role: LeaderRole,
  from: NodeId,
  progress: PeerProgress,
  index: number,
): void {
  const { log } = turn.state;
  const more = noteMatch(progress, index);
  const { mode } = progress;
  // A snapshot that is under way is of no use once the log itself reaches.
  const reaches = mode.kind === "probe" ? index >= progress.match : more;
  if (mode.kind !== "replicate" && reaches && log.termOf(progress.match) !== undefined) {
    replicate(progress);
  }
  if (more) advanceCommit(turn, role);
  if (turn.state.role !== role) return;
  sendEntries(turn, from, progress);
  continueTransfer(turn, role);
}

/**
 * Goes back to where the logs may be the same: of what the node has, the last entry whose term is
 * not above the hint's, found in the own log. So each answer skips a whole term at least.
 */
function takeConflict(
  turn: Turn,
  from: NodeId,
  progress: PeerProgress,
  answer: Extract<AppendAnswer, { readonly accepted: false }>,
): void {
  const { index, hintIndex, hintTerm } = answer;
  const { mode } = progress;
  // An old answer, or a repeated one: it was about another request.
  const stale = mode.kind === "probe" ? index !== progress.next - 1 : index <= progress.match;
  if (mode.kind === "snapshot" || stale || hintIndex > index) return;
  const { log } = turn.state;
  const same = log.lastWithin(Math.min(hintIndex, index - 1), hintTerm);
  probeFrom(progress, same + 1);
  sendEntries(turn, from, progress);
}
