import { countVotes } from "../majority.ts";
import type { NodeId } from "../members.ts";
import { nodesOf, isVoter } from "../members.ts";
import type { PreVoteAnswer, VoteAnswer } from "../message.ts";
import type { Campaign, RaftState } from "../state.ts";
import { drawTimeout } from "../state.ts";
import type { Turn } from "../turn.ts";

/** What is common to asking for pre-votes and for votes. */
export function newCampaign({ state, now }: Turn): Campaign {
  return { answers: new Map(), askAt: new Map(), electionAt: now + drawTimeout(state) };
}

/** Asks every other voter who has not said its last word, and whose time to be asked has come. */
export function askVoters(
  turn: Turn,
  campaign: Campaign,
  kind: "pre-vote-request" | "vote-request",
  forced: boolean,
): void {
  const { state, now } = turn;
  const { lastIndex, lastTerm } = state.log;
  for (const id of otherVoters(state)) {
    if (campaign.answers.has(id) || (campaign.askAt.get(id) ?? now) > now) continue;
    campaign.askAt.set(id, now + state.settings.heartbeatMs);
    const ask = { lastIndex, lastTerm };
    if (kind === "vote-request") turn.send(id, { kind, term: state.term, ...ask, forced });
    else turn.send(id, { kind, term: state.term + 1, ...ask });
  }
}

/**
 * Takes an answer into account. A refusal is no last word: it ends at a time that it names, and
 * the voter is asked again then, also if that is later than a request that got lost.
 */
export function takeAnswer(
  { state, now }: Turn,
  campaign: Campaign,
  from: NodeId,
  { granted, refusesForMs }: PreVoteAnswer | VoteAnswer,
): void {
  if (granted || refusesForMs === 0) {
    if (campaign.answers.get(from) !== true) campaign.answers.set(from, granted);
    return;
  }
  const { electionTimeoutMostMs } = state.settings;
  campaign.askAt.set(from, now + Math.max(1, Math.min(refusesForMs, electionTimeoutMostMs)));
}

export function outcomeOf({ log }: RaftState, { answers }: Campaign): "won" | "lost" | "open" {
  return countVotes(log.members, (id) => answers.get(id));
}

/** When the campaign wants to be woken. */
export function campaignWakeAt(state: RaftState, campaign: Campaign): number {
  let wakeAt = campaign.electionAt;
  for (const id of otherVoters(state)) {
    if (!campaign.answers.has(id)) wakeAt = Math.min(wakeAt, campaign.askAt.get(id) ?? wakeAt);
  }
  return wakeAt;
}

function otherVoters({ id: self, log }: RaftState): readonly NodeId[] {
  const { members } = log;
  return [...nodesOf(members)].filter((id) => id !== self && isVoter(members, id));
}
