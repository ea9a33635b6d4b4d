import { isVoter, type NodeId } from "../members.ts";
import type { LeaderRole } from "../state.ts";
import type { Turn } from "../turn.ts";

/**
 * Begins to hand the role over: once the voter has the whole log, it is told to campaign at once.
 * Nothing is proposed meanwhile. It is given up after an election timeout.
 */
export function startTransfer(turn: Turn, role: LeaderRole, to: NodeId): void {
  const { state, now } = turn;
  if (to === state.id) return turn.notice("is the raft leader already");
  if (!isVoter(state.log.members, to)) return turn.notice(`${to} is no voter`);
  if (role.transfer?.to === to) return turn.notice(`is handing over to ${to} already`);
  role.transfer = { to, until: now + state.settings.electionTimeoutMs, asked: false };
  continueTransfer(turn, role);
}

/** Tells the voter to campaign, once it has the whole log. */
export function continueTransfer(turn: Turn, { transfer, progress }: LeaderRole): void {
  const { log, term } = turn.state;
  if (transfer === undefined || transfer.asked) return;
  if (progress.get(transfer.to)?.match !== log.lastIndex) return;
  transfer.asked = true;
  turn.send(transfer.to, { kind: "timeout-now", term });
}

/** Gives a transfer up that has taken too long, or whose voter is none any more. */
export function endTransfer(turn: Turn, role: LeaderRole): void {
  const { transfer } = role;
  if (transfer === undefined) return;
  const { state, now } = turn;
  if (now < transfer.until && isVoter(state.log.members, transfer.to)) return;
  turn.notice(`gives up handing over to ${transfer.to}`);
  role.transfer = undefined;
}

/** The voter that has most of the log, and was heard last where several have. */
export function mostAdvancedVoter({ state }: Turn, role: LeaderRole): NodeId | undefined {
  const voters = [...role.progress].filter(([id]) => isVoter(state.log.members, id));
  const [best] = voters.toSorted(
    ([, one], [, other]) => other.match - one.match || other.heardAt - one.heardAt,
  );
  return best?.[0];
}
