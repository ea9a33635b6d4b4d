import { messageProblem } from "./check-message.ts";
import { impossible } from "./impossible.ts";
import type { RaftInput } from "./input.ts";
import { isNodeId, membersProblem } from "./members.ts";
import type { Ready } from "./ready.ts";
import { askVoters, campaignWakeAt } from "./roles/campaigning.ts";
import { advanceCommit } from "./roles/leader-log.ts";
import { becomePreCandidate } from "./roles/pre-candidate.ts";
import { becomeCandidate, countOwnVote } from "./roles/raft-candidate.ts";
import { leaderWakeAt, leaderWakes, propose, proposeMembers } from "./roles/raft-leader.ts";
import { receive } from "./roles/receiving.ts";
import { beginRound, wantRead, wantRound } from "./roles/rounds.ts";
import { sendEntries } from "./roles/sending.ts";
import { sendPiece } from "./roles/snapshot-sending.ts";
import { startTransfer } from "./roles/transferring.ts";
import { drawShare, type LeaderRole, mayCampaign, type RaftState } from "./state.ts";
import { Turn } from "./turn.ts";

/** At a first start, all nodes are there at the same moment: they part by this share. */
const soonShare = 0.1;

/**
 * Raft: takes one node through one thing that happened to it, and says what is to be done.
 *
 * The state is changed in place. Nothing here reads a clock, waits, writes or draws chance: `now`
 * is handed in (milliseconds of a monotonic clock that runs evenly; an earlier instant than the
 * last counts as the last), and so is the source of chance. Its runner does what `Ready`
 * says: hands the writes to the disk in order, sends each message once its write is confirmed,
 * applies what may be applied, and comes again at `wakeAt`.
 *
 * Whatever a peer sends, nothing is thrown and the state stays valid.
 */
export function step(state: RaftState, input: RaftInput, now: number): Ready {
  state.now = Math.max(state.now, now);
  const turn = new Turn(state, state.now);
  take(turn, input);
  return turn.finish(wakeAt(state));
}

function take(turn: Turn, input: RaftInput): void {
  const { state } = turn;
  switch (input.kind) {
    case "message":
      return takeMessage(turn, input);
    case "wake":
      return wake(turn);
    case "persisted":
      return persisted(turn, input);
    case "applied":
      return applied(turn, input);
    case "campaign":
      return campaign(turn, input.how);
    case "log-read":
      return logRead(turn);
    case "read":
      return read(turn, input.id);
    case "propose":
    case "members":
    case "transfer":
    case "touch":
      if (state.role.kind === "raft-leader") return takeAsLeader(turn, state.role, input);
      return turn.notice("it is not the raft leader");
    default:
      return impossible(input);
  }
}

function takeAsLeader(
  turn: Turn,
  role: LeaderRole,
  input: Extract<RaftInput, { kind: "propose" | "members" | "transfer" | "touch" }>,
): void {
  switch (input.kind) {
    case "propose":
      return propose(turn, role, input.data);
    case "members": {
      const problem = membersProblem({ ...input.wanted, outgoing: [] });
      if (problem !== undefined) return turn.notice(`members that cannot be: ${problem}`);
      return proposeMembers(turn, role, input.wanted);
    }
    case "transfer":
      return startTransfer(turn, role, input.to);
    case "touch":
      // The round under way was begun before the touch came in (R1 of rounds.ts).
      turn.touchRound = role.rounds.number + 1;
      return wantRound(turn, role);
    default:
      return impossible(input);
  }
}

function takeMessage(turn: Turn, input: Extract<RaftInput, { kind: "message" }>): void {
  const { from, message } = input;
  const { state } = turn;
  if (!isNodeId(from) || from === state.id) return turn.notice("a message of nobody else");
  const problem = messageProblem(message, state.settings, state.term);
  if (problem === undefined) receive(turn, from, message);
  else turn.notice(problem, from);
}

/** Does what is due by now. */
function wake(turn: Turn): void {
  const { state, now } = turn;
  const { role } = state;
  if (role.kind === "raft-leader") return leaderWakes(turn, role);
  if (now >= role.electionAt) {
    if (mayCampaign(state)) becomePreCandidate(turn);
    return;
  }
  if (role.kind === "pre-candidate") askVoters(turn, role, "pre-vote-request", false);
  if (role.kind === "raft-candidate") askVoters(turn, role, "vote-request", role.forced);
}

function persisted(turn: Turn, input: Extract<RaftInput, { kind: "persisted" }>): void {
  const { state } = turn;
  if (!state.log.confirm(input.number, input.term, input.lastIndex)) {
    return turn.notice(`no write ${input.number} waits to be confirmed`);
  }
  if (state.role.kind === "raft-candidate") countOwnVote(turn, state.role);
  if (state.role.kind === "raft-leader") advanceCommit(turn, state.role);
}

function applied(turn: Turn, { index, term }: Extract<RaftInput, { kind: "applied" }>): void {
  const { state } = turn;
  if (index > state.commit || index < state.applied || !state.log.has(index, term)) {
    return turn.notice(`entry ${index} of term ${term} cannot be applied`);
  }
  state.applied = index;
  if (state.role.kind === "raft-leader") beginRound(turn, state.role);
}

function campaign(turn: Turn, how: "now" | "soon" | "forced"): void {
  const { state, now } = turn;
  const { role } = state;
  if (role.kind === "raft-leader") return turn.notice("is the raft leader already");
  if (!mayCampaign(state)) return turn.notice("it is no voter, and cannot campaign");
  if (how === "now") return becomePreCandidate(turn);
  if (how === "forced") return becomeCandidate(turn, true);
  const wait = drawShare(state) * soonShare * state.settings.electionTimeoutMs;
  role.electionAt = Math.min(role.electionAt, now + wait);
}

function logRead(turn: Turn): void {
  const { role } = turn.state;
  if (role.kind !== "raft-leader") return;
  for (const [id, progress] of role.progress) {
    if (!progress.reading) continue;
    if (progress.mode.kind === "snapshot") sendPiece(turn, id, progress);
    else sendEntries(turn, id, progress);
  }
}

/** Asks for a read: here where this is the raft leader, else there. */
function read(turn: Turn, id: string): void {
  const { role, term } = turn.state;
  if (role.kind === "raft-leader") return wantRead(turn, role, id);
  const raftLeader = role.kind === "raft-follower" ? role.raftLeader : undefined;
  if (raftLeader === undefined) return turn.notice("no raft leader is known");
  turn.send(raftLeader, { kind: "read-request", term, id });
}

function wakeAt(state: RaftState): number {
  const { role } = state;
  if (role.kind === "raft-leader") return leaderWakeAt(state, role);
  if (!mayCampaign(state)) return Infinity;
  return role.kind === "raft-follower" ? role.electionAt : campaignWakeAt(state, role);
}
