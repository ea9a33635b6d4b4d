import type { RaftInput } from "../../../src/raft/input.ts";
import { decodeMembers, type Members } from "../../../src/raft/members.ts";
import type { OutgoingMessage, Ready } from "../../../src/raft/ready.ts";
import type { RaftSettings } from "../../../src/raft/settings.ts";
import {
  applicableEntries,
  cloneState,
  type RaftState,
  startRaft,
} from "../../../src/raft/state.ts";
import { step } from "../../../src/raft/step.ts";
import type { LogWrite } from "../../../src/raft/log/write.ts";
import { MemoryStore } from "../memory-store.ts";
import { applyEntry, emptyLine, type LineRules, type LineState } from "./line-model.ts";

/** What a raft leader remembers of sessions: it ends with its term. */
export interface SessionBook {
  readonly term: number;
  /** Every session counts as touched at this instant at the latest. */
  readonly touchedAt: number;
  /** When the last touch of each session came in, or its opening was applied. */
  readonly received: Record<string, number>;
  /** Sessions whose expiry was decided: confirmed no more. */
  readonly barred: readonly string[];
  /** Touches that wait for a round. */
  readonly pending: readonly PendingTouch[];
}

interface PendingTouch {
  readonly session: string;
  /** On the session's own clock. */
  readonly sentAt: number;
  readonly round: number;
}

/** Hears what a node does: the world around it. */
export interface Observer {
  post(from: string, outgoing: OutgoingMessage): void;
  stepped(node: ExploredNode, ready: Ready): void;
}

/** How much longer than the least an election timeout may be, once faults have ended. */
const spread = 4;

const settingsOf = (electionMs: number, heartbeatMs: number): RaftSettings => ({
  electionTimeoutMs: electionMs,
  electionTimeoutMostMs: electionMs,
  heartbeatMs,
  maxAppendBytes: 1000,
  maxInflightBytes: 1000,
  maxInflightMessages: 4,
  maxUncommittedBytes: 1000,
  snapshotPieceBytes: 40,
  maxSnapshotBytes: 10_000,
  maxPendingReads: 4,
});

/** A node with a core, a disk and the model's state machine: everything in it can be copied. */
export class ExploredNode {
  readonly id: string;
  /** How fast its clock runs, 1 being true. */
  readonly rate: number;
  store: MemoryStore;
  state: RaftState | undefined;
  wakeAt = Infinity;
  line: LineState = emptyLine;
  lineMembers: Members;
  appliedIndex = 0;
  book: SessionBook | undefined;
  writes: LogWrite[] = [];
  held: OutgoingMessage[] = [];
  /** The data that was applied last. */
  lastApplied = "";
  /** Its directory was emptied, and it was refused for that. */
  refused = false;
  /** The raft leader before asked for the campaign that this node is in. */
  forced = false;
  readonly settings: RaftSettings;

  constructor(id: string, rate: number, members: Members, electionMs: number, heartbeatMs: number) {
    this.id = id;
    this.rate = rate;
    this.settings = settingsOf(electionMs, heartbeatMs);
    this.store = new MemoryStore(members);
    this.lineMembers = members;
  }

  clock(trueNow: number): number {
    return trueNow * this.rate;
  }

  start(trueNow: number): void {
    const { id, settings, store } = this;
    const { hardState } = store;
    const beginning = { id, settings, store, hardState, seed: 1 };
    this.#restore();
    this.state = startRaft(beginning, this.clock(trueNow));
    this.wakeAt = this.clock(trueNow) + settings.electionTimeoutMs;
  }

  /** Lets the timeouts be drawn from a range, and otherwise than by the other nodes. */
  partTimers(): void {
    const { state } = this;
    if (state === undefined) return;
    const electionTimeoutMostMs = state.settings.electionTimeoutMs * spread;
    const settings = { ...state.settings, electionTimeoutMostMs };
    this.state = { ...state, settings, random: Number(this.id) * 7919 };
  }

  crash(): void {
    this.state = undefined;
    this.book = undefined;
    this.writes = [];
    this.held = [];
    this.wakeAt = Infinity;
  }

  /** One step; what it says is done but for the writes, where the disk is lazy. */
  take(input: RaftInput, trueNow: number, rules: LineRules, lazy: boolean, to: Observer): void {
    const { state } = this;
    if (state === undefined) return;
    const { role } = state;
    const ready = step(state, input, this.clock(trueNow));
    if (role.kind === "raft-candidate") this.forced = role.forced;
    this.wakeAt = ready.wakeAt;
    to.stepped(this, ready);
    for (const message of ready.messages) {
      if (message.afterWrite <= state.log.writes.confirmed) to.post(this.id, message);
      else this.held.push(message);
    }
    if (ready.write !== undefined) this.writes.push(ready.write);
    if (!lazy) this.flush(trueNow, rules, lazy, to);
    this.#apply(trueNow, rules, lazy, to);
  }

  /** Confirms all writes that wait. */
  flush(trueNow: number, rules: LineRules, lazy: boolean, to: Observer): void {
    for (let write = this.writes.shift(); write !== undefined; write = this.writes.shift()) {
      const { number, term, lastIndex } = write;
      this.store.write(write);
      for (const message of this.held.filter(({ afterWrite }) => afterWrite <= number)) {
        to.post(this.id, message);
      }
      this.held = this.held.filter(({ afterWrite }) => afterWrite > number);
      this.take({ kind: "persisted", number, term, lastIndex }, trueNow, rules, lazy, to);
    }
  }

  /** Takes a snapshot of all that is applied. */
  compact(): void {
    const term = this.store.termOf(this.appliedIndex);
    if (term === undefined) return;
    const meta = { index: this.appliedIndex, term, members: this.lineMembers };
    this.store.compact(meta, new TextEncoder().encode(JSON.stringify(this.line)));
  }

  clone(): ExploredNode {
    const { electionTimeoutMs, heartbeatMs } = this.settings;
    const copy = new ExploredNode(
      this.id,
      this.rate,
      this.lineMembers,
      electionTimeoutMs,
      heartbeatMs,
    );
    copy.store = this.store.clone();
    copy.state = this.state && cloneState(this.state, copy.store);
    copy.wakeAt = this.wakeAt;
    copy.line = this.line;
    copy.lineMembers = this.lineMembers;
    copy.appliedIndex = this.appliedIndex;
    copy.book = this.book;
    copy.writes = [...this.writes];
    copy.held = [...this.held];
    copy.refused = this.refused;
    copy.lastApplied = this.lastApplied;
    copy.forced = this.forced;
    return copy;
  }

  #apply(trueNow: number, rules: LineRules, lazy: boolean, to: Observer): void {
    for (;;) {
      const { state } = this;
      if (state === undefined) return;
      if (this.store.snapshot.index > this.appliedIndex) {
        this.#restore();
        const { index, term } = this.store.snapshot;
        this.take({ kind: "applied", index, term }, trueNow, rules, lazy, to);
      }
      const [entry] = applicableEntries(state, this.appliedIndex, 0) ?? [];
      if (entry === undefined) return;
      const { index, term, kind, data } = entry;
      const text = new TextDecoder().decode(data);
      if (kind === "data") this.lastApplied = text;
      if (kind === "data") this.line = applyEntry(this.line, index, text, rules);
      if (kind === "members") this.lineMembers = decodeMembers(data) ?? this.lineMembers;
      this.appliedIndex = index;
      if (text.startsWith("open ") && this.book !== undefined) {
        const received = { ...this.book.received, [text.slice(5)]: this.clock(trueNow) };
        this.book = { ...this.book, received };
      }
      this.take({ kind: "applied", index, term }, trueNow, rules, lazy, to);
    }
  }

  #restore(): void {
    const { index, members } = this.store.snapshot;
    const text = new TextDecoder().decode(this.store.snapshotBytes);
    this.line = text === "" ? emptyLine : (JSON.parse(text) as LineState);
    this.lineMembers = members;
    this.appliedIndex = index;
  }
}
