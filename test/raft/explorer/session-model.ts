import type { ExploredNode } from "./explored-node.ts";
import type { ModelRules } from "./model-rules.ts";

/** A raft leader waits this much longer than the lease, because clocks differ. */
const waitShare = 1.03;

/** A session on a clock of its own, and what it believes. */
export interface ExploredSession {
  readonly id: string;
  readonly rate: number;
  /** When the newest touch that was confirmed was sent, on its clock. */
  readonly confirmedSentAt: number;
  /** The highest epoch that it was ever granted, as any node has applied it. */
  readonly granted: number;
  /** The epoch that it acted in the last time. */
  readonly actedIn: number;
  /** It acts in no epoch up to this one any more. */
  readonly stopped: number;
  /** The epoch that it proposed to resign from. */
  readonly resigned: number;
}

/** Whether a session believes that it may act now. */
export function mayAct(session: ExploredSession, trueNow: number, leaseMs: number): boolean {
  const { granted, stopped, confirmedSentAt, rate } = session;
  return granted > stopped && trueNow * rate < confirmedSentAt + leaseMs;
}

/** Notes a touch at a raft leader, and which round confirms it. */
export function takeTouch(
  node: ExploredNode,
  session: ExploredSession,
  trueNow: number,
  rules: ModelRules,
): void {
  const { book, state } = node;
  if (book === undefined || state?.role.kind !== "raft-leader") return;
  const { rounds } = state.role;
  const underWay = rounds.startedAt !== undefined && !rules.roundAfterTouch;
  const round = underWay ? rounds.number : rounds.number + 1;
  const touch = { session: session.id, sentAt: trueNow * session.rate, round };
  const others = book.pending.filter(
    (other) => other.session !== session.id || other.round !== round,
  );
  node.book = {
    ...book,
    received: { ...book.received, [session.id]: node.clock(trueNow) },
    pending: [...others, touch],
  };
}

/** Confirms the touches that waited for a round, but of those whose expiry was decided. */
export function confirmRound(
  node: ExploredNode,
  number: number,
  sessions: Map<string, ExploredSession>,
  trueNow: number,
  rules: ModelRules,
): void {
  const { book } = node;
  if (book === undefined) return;
  for (const { session: id, round, sentAt } of book.pending) {
    const session = sessions.get(id);
    if (session === undefined || round > number || !node.line.line.includes(id)) continue;
    if (rules.barAfterDeciding && book.barred.includes(id)) continue;
    const from = rules.countFromSend ? sentAt : trueNow * session.rate;
    const confirmedSentAt = Math.max(session.confirmedSentAt, from);
    sessions.set(id, { ...session, confirmedSentAt });
  }
  node.book = { ...book, pending: book.pending.filter(({ round }) => round > number) };
}

/** Whether this raft leader may decide now that a session is over. */
export function mayExpire(
  node: ExploredNode,
  sessionId: string,
  trueNow: number,
  leaseMs: number,
  rules: ModelRules,
): boolean {
  const { book, state, line } = node;
  if (book === undefined || state?.role.kind !== "raft-leader") return false;
  if (node.appliedIndex < state.role.firstIndex) return false;
  if (!line.line.includes(sessionId) || book.barred.includes(sessionId)) return false;
  const heardAt = Math.max(book.received[sessionId] ?? -Infinity, book.touchedAt);
  return !rules.waitFromReceipt || node.clock(trueNow) >= heardAt + waitShare * leaseMs;
}
