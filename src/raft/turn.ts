import type { SnapshotPiece } from "./log/log-store.ts";
import type { NodeId } from "./members.ts";
import type { RaftMessage } from "./message.ts";
import type {
  ConfirmedRead,
  ConfirmedRound,
  Notice,
  OutgoingMessage,
  Proposed,
  Ready,
  WonElection,
} from "./ready.ts";
import { type RaftState, raftLeaderOf } from "./state.ts";
import type { LogWrite } from "./log/write.ts";

const longestReason = 200;
const mostNotices = 2;

interface Unsent {
  readonly to: NodeId;
  readonly message: RaftMessage;
  readonly durableIndex: number;
}

/**
 * One step under way: the node, the instant, and what the step has brought so far.
 *
 * T1. No message leaves before the term and the vote that it was sent with are durable.
 * T2. No acknowledgement of entries leaves before they are durable.
 */
export class Turn {
  readonly state: RaftState;
  readonly now: number;
  readonly reads: ConfirmedRead[] = [];
  readonly rounds: ConfirmedRound[] = [];
  elected: WonElection | undefined;
  proposed: Proposed | undefined;
  touchRound: number | undefined;
  piece: SnapshotPiece | undefined;
  readonly #unsent: Unsent[] = [];
  readonly #notices: Notice[] = [];

  constructor(state: RaftState, now: number) {
    this.state = state;
    this.now = now;
  }

  /** Sends a message; one that acknowledges entries names the last of them (T2). */
  send(to: NodeId, message: RaftMessage, durableIndex = 0): void {
    this.#unsent.push({ to, message, durableIndex });
  }

  /** Says why what came in was not done or not believed. */
  notice(reason: string, from?: NodeId): void {
    if (this.#notices.length === mostNotices) return;
    this.#notices.push({ from, reason: reason.slice(0, longestReason) });
  }

  /** Makes the one write of this step, and the answer. */
  finish(wakeAt: number): Ready {
    const { state } = this;
    const write = this.#write();
    return {
      write,
      messages: this.#unsent.map((unsent) => this.#outgoing(unsent, write)),
      applicableIndex: Math.max(state.applied, Math.min(state.commit, state.log.durableIndex)),
      commitIndex: state.commit,
      term: state.term,
      role: state.role.kind,
      raftLeader: raftLeaderOf(state),
      elected: this.elected,
      proposed: this.proposed,
      reads: this.reads,
      rounds: this.rounds,
      touchRound: this.touchRound,
      notices: this.#notices,
      wakeAt,
    };
  }

  #write(): LogWrite | undefined {
    const { log, term, vote, written } = this.state;
    const part = log.takePart();
    const changed = term !== written.term || vote !== written.vote;
    if (part === undefined && !changed && this.piece === undefined) return undefined;
    const hardState = changed ? { term, vote } : undefined;
    if (hardState !== undefined) this.state.written = hardState;
    const write: LogWrite = {
      number: log.writes.newest + 1,
      term,
      lastIndex: log.lastIndex,
      hardState,
      piece: this.piece,
      install: part?.install,
      cutFrom: part?.cutFrom,
      entries: part?.entries ?? [],
    };
    log.writes.add(write, part === undefined ? 0 : log.lastIndex);
    return write;
  }

  #outgoing({ to, message, durableIndex }: Unsent, write: LogWrite | undefined): OutgoingMessage {
    const { log } = this.state;
    // What says how much of a snapshot is there waits for the newest piece of it.
    const piece = message.kind === "snapshot-answer" ? (write?.number ?? log.writes.newest) : 0;
    const afterWrite = Math.max(
      log.writes.writeOfHardState(),
      log.writeOf(durableIndex),
      piece > log.writes.confirmed ? piece : 0,
    );
    return { to, message, afterWrite };
  }
}
