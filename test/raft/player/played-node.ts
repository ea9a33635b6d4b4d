import type { RaftInput } from "../../../src/raft/input.ts";
import type { RaftEntry } from "../../../src/raft/log/log-store.ts";
import { decodeMembers, type Members } from "../../../src/raft/members.ts";
import type { OutgoingMessage, Ready } from "../../../src/raft/ready.ts";
import type { RaftSettings } from "../../../src/raft/settings.ts";
import { applicableEntries, type RaftState, startRaft } from "../../../src/raft/state.ts";
import { step } from "../../../src/raft/step.ts";
import type { LogWrite } from "../../../src/raft/log/write.ts";
import { MemoryStore } from "../memory-store.ts";
import { membersText, msText, writeText } from "./text.ts";

/** What a node needs of the world around it. */
export interface Surrounding {
  readonly settings: RaftSettings;
  now(): number;
  post(from: string, outgoing: OutgoingMessage): void;
  say(fact: string): void;
}

/** One node of a script: a core, a disk that may be slow, and a state machine that lists data. */
export class PlayedNode {
  readonly id: string;
  readonly store: MemoryStore;
  /** Undefined while it is crashed. */
  state: RaftState | undefined;
  wakeAt = Infinity;
  paused = false;
  /** Whether writes are confirmed by themselves. */
  persists = true;
  /** Whether committed entries are applied by themselves. */
  applies = true;
  applied: readonly string[] = [];
  appliedIndex = 0;
  appliedMembers: Members;
  readonly #world: Surrounding;
  readonly #seed: number;
  #starts = 0;
  #writes: LogWrite[] = [];
  #held: OutgoingMessage[] = [];
  #inputs: RaftInput[] = [];
  #working = false;

  constructor(id: string, members: Members, seed: number, world: Surrounding) {
    this.id = id;
    this.store = new MemoryStore(members);
    this.appliedMembers = members;
    this.#seed = seed;
    this.#world = world;
  }

  start(): void {
    const { settings } = this.#world;
    const { hardState } = this.store;
    this.#starts += 1;
    const seed = this.#seed + this.#starts * 1000;
    const beginning = { id: this.id, settings, store: this.store, hardState, seed };
    this.#restore();
    this.state = startRaft(beginning, this.#world.now());
    this.wakeAt = 0;
    this.give({ kind: "wake" });
  }

  /** What was not written is lost, and so is what was not sent. */
  crash(): void {
    this.state = undefined;
    this.paused = false;
    this.wakeAt = Infinity;
    this.#writes = [];
    this.#held = [];
    this.#inputs = [];
  }

  /** Something happens to the node; it waits while the node is paused, and is lost on a crashed one. */
  give(input: RaftInput): void {
    if (this.state === undefined) return;
    this.#inputs.push(input);
    this.work();
  }

  /** Takes what waits. */
  work(): void {
    if (this.#working) return;
    this.#working = true;
    while (!this.paused && this.state !== undefined) {
      const input = this.#inputs.shift();
      if (input === undefined) break;
      this.#take(this.state, input);
    }
    this.#working = false;
  }

  get writesWaiting(): number {
    return this.#writes.length;
  }

  /** Confirms the first writes that wait. */
  persist(count = Infinity): void {
    for (let left = count; left > 0; left -= 1) {
      const write = this.#writes.shift();
      if (write === undefined) return;
      this.#confirm(write);
    }
  }

  /** Applies what may be applied. */
  apply(): void {
    for (;;) {
      const { state } = this;
      if (state === undefined) return;
      if (this.store.snapshot.index > this.appliedIndex) {
        this.#restore();
        this.#world.say(`${this.id} takes the snapshot ${this.appliedIndex}`);
        const { index, term } = this.store.snapshot;
        this.give({ kind: "applied", index, term });
      }
      const entries = applicableEntries(state, this.appliedIndex, Infinity);
      const last = entries?.at(-1);
      if (entries === undefined || last === undefined) return;
      for (const entry of entries) this.#applyOne(entry);
      this.give({ kind: "applied", index: last.index, term: last.term });
    }
  }

  /** Takes a snapshot of what is applied up to `index`, and keeps `keep` entries before its end. */
  compact(index: number, keep: number): void {
    const term = this.store.termOf(index) ?? 0;
    const data = this.applied.filter((text) => Number(text.split("/")[0]) <= index);
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    const cutTo = Math.max(this.store.firstIndex - 1, index - keep);
    this.store.compact({ index, term, members: this.appliedMembers }, bytes, cutTo);
  }

  #take(state: RaftState, input: RaftInput): void {
    const before = { role: state.role.kind, term: state.term, commit: state.commit };
    const ready = step(state, input, this.#world.now());
    this.wakeAt = ready.wakeAt;
    this.#tell(before, ready);
    for (const message of ready.messages) {
      if (message.afterWrite <= state.log.writes.confirmed) this.#world.post(this.id, message);
      else this.#held.push(message);
    }
    if (ready.write !== undefined) {
      this.#writes.push(ready.write);
      if (this.persists) this.persist();
    }
    if (this.applies) this.apply();
  }

  #confirm(write: LogWrite): void {
    this.store.write(write);
    this.#world.say(`${this.id} has written ${writeText(write)}`);
    const { number, term, lastIndex } = write;
    const released = this.#held.filter(({ afterWrite }) => afterWrite <= number);
    this.#held = this.#held.filter(({ afterWrite }) => afterWrite > number);
    for (const message of released) this.#world.post(this.id, message);
    this.give({ kind: "persisted", number, term, lastIndex });
  }

  #applyOne({ index, kind, data }: RaftEntry): void {
    this.appliedIndex = index;
    if (kind === "data") {
      this.applied = [...this.applied, `${index}/${new TextDecoder().decode(data)}`];
    }
    if (kind !== "members") return;
    this.appliedMembers = decodeMembers(data) ?? this.appliedMembers;
    this.#world.say(`${this.id} has members ${membersText(this.appliedMembers)}`);
  }

  #restore(): void {
    const { index, members } = this.store.snapshot;
    const text = new TextDecoder().decode(this.store.snapshotBytes);
    this.applied = text === "" ? [] : (JSON.parse(text) as readonly string[]);
    this.appliedIndex = index;
    this.appliedMembers = members;
  }

  #tell(
    before: { readonly role: string; readonly term: number; readonly commit: number },
    ready: Ready,
  ): void {
    const say = (fact: string): void => this.#world.say(`${this.id} ${fact}`);
    if (ready.role !== before.role) say(`becomes ${ready.role} term=${ready.term}`);
    else if (ready.term !== before.term) say(`goes to term=${ready.term}`);
    const { elected, proposed } = ready;
    if (elected !== undefined) {
      const { leastSilentMs, touchedAt } = elected;
      say(`is elected silent=${msText(leastSilentMs)} touched-at=${msText(touchedAt)}`);
    }
    if (proposed !== undefined) {
      say(`appends ${proposed.firstIndex}-${proposed.lastIndex} term=${proposed.term}`);
    }
    if (ready.touchRound !== undefined) say(`confirms the touch with round=${ready.touchRound}`);
    for (const { number, startedAt } of ready.rounds) {
      say(`confirms round=${number} begun-at=${msText(startedAt)}`);
    }
    for (const { id, index } of ready.reads) say(`may answer read=${id} at=${index}`);
    if (ready.commitIndex !== before.commit) say(`commits ${ready.commitIndex}`);
    for (const { from, reason } of ready.notices) {
      say(from === undefined ? `notes: ${reason}` : `notes of ${from}: ${reason}`);
    }
  }
}
