import type { RaftInput } from "../../src/raft/input.ts";
import type { HardState } from "../../src/raft/log/log-store.ts";
import type { LogWrite } from "../../src/raft/log/write.ts";
import type { Members } from "../../src/raft/members.ts";
import type { RaftMessage } from "../../src/raft/message.ts";
import type { Ready } from "../../src/raft/ready.ts";
import { raftSettings } from "../../src/raft/settings.ts";
import { type RaftState, startRaft } from "../../src/raft/state.ts";
import { step } from "../../src/raft/step.ts";
import { MemoryStore } from "./memory-store.ts";

export const three: Members = {
  voters: ["1", "2", "3"],
  outgoing: [],
  learners: [],
  context: "",
};

/** How a node that is tried alone begins. */
export interface Trial {
  readonly id?: string;
  readonly members?: Members;
  readonly hardState?: HardState;
  /** The terms of the entries in its log. */
  readonly log?: readonly number[];
  readonly startAt?: number;
}

/** One node alone: what it is told, and what it says. Writes are confirmed when the test says so. */
export class TriedNode {
  readonly state: RaftState;
  readonly store: MemoryStore;
  readonly writes: LogWrite[] = [];
  now: number;

  constructor({ id = "1", members = three, hardState, log = [], startAt = 0 }: Trial = {}) {
    this.store = new MemoryStore(members);
    if (log.length > 0) {
      this.store.append(log.map((term, at) => entryOf(at + 1, term)));
    }
    const lastTerm = log.at(-1) ?? 0;
    this.store.hardState = hardState ?? { term: lastTerm, vote: undefined };
    const beginning = { id, settings: raftSettings(), store: this.store, seed: 1 };
    this.state = startRaft({ ...beginning, hardState: this.store.hardState }, startAt);
    this.now = startAt;
  }

  give(input: RaftInput): Ready {
    const ready = step(this.state, input, this.now);
    if (ready.write !== undefined) this.writes.push(ready.write);
    return ready;
  }

  hear(from: string, message: RaftMessage): Ready {
    return this.give({ kind: "message", from, message });
  }

  /** Confirms the writes that wait, and gives what the last one brought. */
  persist(): Ready | undefined {
    let ready: Ready | undefined;
    for (let write = this.writes.shift(); write !== undefined; write = this.writes.shift()) {
      this.store.write(write);
      const { number, term, lastIndex } = write;
      ready = this.give({ kind: "persisted", number, term, lastIndex });
    }
    return ready;
  }

  /** Makes it the raft leader of the next term, with the votes of these. */
  elect(...voters: readonly string[]): Ready {
    this.give({ kind: "campaign", how: "forced" });
    let ready = this.persist();
    for (const from of voters) {
      ready = this.hear(from, vote(this.state.term));
    }
    if (ready === undefined) throw new Error("it was not elected");
    return ready;
  }
}

export function entryOf(index: number, term: number, text = `e${index}`) {
  return { index, term, kind: "data", data: new TextEncoder().encode(text) } as const;
}

export function vote(term: number, silentMs = 1000): RaftMessage {
  const answer = { campaign: term, granted: true, silentMs, refusesForMs: 0 };
  return { kind: "vote-answer", term, ...answer };
}

export function accepted(term: number, index: number): RaftMessage {
  return { kind: "append-answer", term, accepted: true, index };
}

export function heartbeat(term: number, commit = 0, round = 0): RaftMessage {
  return { kind: "heartbeat-request", term, commit, round };
}

export function sentTo(ready: Ready, to: string): readonly RaftMessage[] {
  return ready.messages.filter((outgoing) => outgoing.to === to).map(({ message }) => message);
}
