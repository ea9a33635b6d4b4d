import type { RaftMessage } from "../../../src/raft/message.ts";
import type { Ready } from "../../../src/raft/ready.ts";
import type { ExploredNode } from "./explored-node.ts";

/** Something that must never happen. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** What has ever happened, as far as later events may contradict it. */
export interface History {
  /** The raft leader of each term. */
  readonly leaders: Readonly<Record<string, string>>;
  /** Whom each voter voted for, by `term:voter`. */
  readonly votes: Readonly<Record<string, string>>;
  /** What was committed, in order, as `term:kind:data`. */
  readonly committed: readonly string[];
  /** In which term each of these was. */
  readonly committedIn: readonly number[];
}

export const emptyHistory: History = { leaders: {}, votes: {}, committed: [], committedIn: [] };

/** Checks what a node sends against its disk and against what it has sent before. */
export function noteSent(
  history: History,
  nodes: ReadonlyMap<string, ExploredNode>,
  from: string,
  to: string,
  message: RaftMessage,
): History {
  const store = nodes.get(from)?.store;
  if (message.kind !== "pre-vote-request" && message.term > (store?.hardState.term ?? 0)) {
    throw new Violation(`${from} says term ${message.term} before it is written`);
  }
  if (message.kind === "append-answer" && message.accepted) {
    if (message.index > (store?.lastIndex ?? 0)) {
      throw new Violation(`${from} acknowledges entry ${message.index} before it is written`);
    }
  }
  if (message.kind !== "vote-answer" || !message.granted) return history;
  const key = `${message.term}:${from}`;
  const before = history.votes[key];
  if (before !== undefined && before !== to) {
    throw new Violation(`${from} votes for ${before} and ${to} in term ${message.term}`);
  }
  return before === to ? history : { ...history, votes: { ...history.votes, [key]: to } };
}

/** Checks a step against everything before it. */
export function noteStep(
  history: History,
  node: ExploredNode,
  ready: Ready,
  sticky: boolean,
): History {
  let next = history;
  if (ready.elected !== undefined) next = noteElected(next, node, ready, sticky);
  return noteCommitted(next, node);
}

function noteElected(history: History, node: ExploredNode, ready: Ready, sticky: boolean): History {
  const { elected, term } = ready;
  const { id, state } = node;
  const other = history.leaders[term];
  if (other !== undefined && other !== id) {
    throw new Violation(`${other} and ${id} are raft leaders of term ${term}`);
  }
  if (state === undefined || elected === undefined) return history;
  for (const [at, entry] of history.committed.entries()) {
    // A raft leader of an earlier term may be elected late, and need not have it.
    if ((history.committedIn[at] ?? 0) >= elected.term) continue;
    const had = state.log.termOf(at + 1);
    if (had === undefined && at + 1 < state.log.firstIndex) continue;
    if (String(had) !== entry.split(":")[0]) {
      throw new Violation(`${id} is elected in term ${term} without entry ${at + 1}`);
    }
  }
  // Unless the raft leader itself asked for it, nobody elects another while one is heard.
  const { electionTimeoutMs } = node.settings;
  if (sticky && !node.forced && elected.leastSilentMs < electionTimeoutMs) {
    throw new Violation(`${id} is elected by one who heard a raft leader just before`);
  }
  return { ...history, leaders: { ...history.leaders, [term]: id } };
}

function noteCommitted(history: History, { id, state }: ExploredNode): History {
  if (state === undefined) return history;
  const { log, commit } = state;
  if (commit > log.lastIndex) throw new Violation(`${id} commits what it does not have`);
  const first = Math.max(log.firstIndex, Math.min(commit, history.committed.length) - 2, 1);
  const entries = commit < first ? [] : (log.entries(first, commit, Infinity) ?? []);
  const added: string[] = [];
  for (const { index, term, kind, data } of entries) {
    const text = `${term}:${kind}:${new TextDecoder().decode(data)}`;
    const known = history.committed[index - 1];
    if (known === undefined) added.push(text);
    else if (known !== text) throw new Violation(`entry ${index} is committed twice, differently`);
  }
  if (added.length === 0) return history;
  const committed = [...history.committed, ...added];
  const committedIn = [...history.committedIn, ...added.map(() => state.term)];
  return { ...history, committed, committedIn };
}
