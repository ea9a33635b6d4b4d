import type { RaftInput } from "../../../src/raft/input.ts";
import { nodesOf } from "../../../src/raft/members.ts";
import type { RaftMessage } from "../../../src/raft/message.ts";
import type { OutgoingMessage, Ready } from "../../../src/raft/ready.ts";
import { type Observer, ExploredNode } from "./explored-node.ts";
import { emptyHistory, type History, noteSent, noteStep, Violation } from "./history.ts";
import type { ModelRules } from "./model-rules.ts";
import { confirmRound, type ExploredSession, mayAct, takeTouch } from "./session-model.ts";

export interface WorldSettings {
  readonly rules: ModelRules;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly electionMs: number;
  readonly heartbeatMs: number;
  /** How long a confirmed touch allows to act, in milliseconds. */
  readonly leaseMs: number;
  /** How long a tick of time is. */
  readonly tickMs: number;
  /**
   * Whether nobody is elected while a raft leader is heard. Not so where nodes start for the first
   * time: they refuse nobody.
   */
  readonly sticky: boolean;
  /** Writes are confirmed by an action of their own. */
  readonly lazyDisks: boolean;
}

/** So many ticks are enough to recover, with so many deliveries on each link in one of them. */
const mostRecovery = 200;
const hopsOfTick = 6;
/** More messages on one link are lost. */
const longestLink = 6;
/** Clocks are within 1 % of true time; those of raft leaders run fast and those of holders slow. */
const nodeRates = [1.01, 0.99, 1];
const sessionRate = 0.99;

/** Nodes, links, sessions and time. Everything in it can be copied, hashed, and taken on. */
export class ExploredWorld implements Observer {
  readonly settings: WorldSettings;
  now = 0;
  readonly nodes = new Map<string, ExploredNode>();
  readonly links = new Map<string, readonly RaftMessage[]>();
  readonly sessions = new Map<string, ExploredSession>();
  history: History = emptyHistory;

  constructor(settings: WorldSettings) {
    this.settings = settings;
  }

  static begin(settings: WorldSettings): ExploredWorld {
    const world = new ExploredWorld(settings);
    const { voters, learners, electionMs, heartbeatMs } = settings;
    const members = { voters, outgoing: [], learners, context: "" };
    for (const [at, id] of [...voters, ...learners].entries()) {
      const node = new ExploredNode(id, nodeRates[at] ?? 1, members, electionMs, heartbeatMs);
      node.start(0);
      world.nodes.set(id, node);
    }
    for (const id of ["A", "B"]) {
      world.sessions.set(id, {
        id,
        rate: sessionRate,
        confirmedSentAt: -Infinity,
        granted: 0,
        actedIn: 0,
        stopped: 0,
        resigned: 0,
      });
    }
    return world;
  }

  clone(): ExploredWorld {
    return this.with(this.settings);
  }

  /** A copy with other settings. */
  with(settings: WorldSettings): ExploredWorld {
    const copy = new ExploredWorld(settings);
    copy.now = this.now;
    for (const [id, node] of this.nodes) copy.nodes.set(id, node.clone());
    for (const [link, messages] of this.links) copy.links.set(link, messages);
    for (const [id, session] of this.sessions) copy.sessions.set(id, session);
    copy.history = this.history;
    return copy;
  }

  /** What makes two worlds differ. */
  key(): string {
    const nodes = [...this.nodes.values()].map((node) => {
      const { state, store, line, appliedIndex, book, writes, held, wakeAt, refused } = node;
      const core = state && { ...state, settings: 0, log: state.log, role: roleKey(state.role) };
      return [core, store, line, appliedIndex, book, writes.length, held.length, wakeAt, refused];
    });
    const { leaders, votes, committed } = this.history;
    return JSON.stringify(
      [this.now, nodes, [...this.links], [...this.sessions], leaders, votes, committed],
      (_, value: unknown) => (value instanceof Uint8Array ? value.join() : value),
    );
  }

  give(id: string, input: RaftInput): void {
    const { rules, lazyDisks } = this.settings;
    this.nodes.get(id)?.take(input, this.now, rules, lazyDisks, this);
  }

  tick(): void {
    this.now += this.settings.tickMs;
    this.#look();
  }

  /**
   * Lets the faults end: everybody runs, and what is sent arrives. Within the bound there is one
   * raft leader, and what it is given is applied by all its members.
   */
  recover(): void {
    const text = "recovered";
    // Who was refused for good may have been needed.
    if ([...this.nodes.values()].some(({ refused }) => refused)) return;
    for (const { id, state, refused } of this.nodes.values()) {
      if (state === undefined && !refused) this.restart(id);
    }
    for (const node of this.nodes.values()) node.partTimers();
    for (let round = 0; round < mostRecovery; round += 1) {
      this.tick();
      for (const node of this.nodes.values()) {
        if (node.wakeAt <= node.clock(this.now)) this.give(node.id, { kind: "wake" });
      }
      for (let hop = 0; hop < hopsOfTick; hop += 1) {
        for (const id of this.nodes.keys()) this.flush(id);
        const links = Array.from(this.links.keys());
        for (const link of links) this.deliver(link, (messages) => messages);
      }
      const leaders = [...this.nodes.values()].filter(({ book }) => book !== undefined);
      if (leaders.length === 1 && round % 10 === 9) this.propose(leaders[0]?.id ?? "", text);
      if (leaders.length === 1 && this.#allHave(leaders[0], text)) return;
    }
    throw new Violation("it does not recover");
  }

  #allHave(leader: ExploredNode | undefined, text: string): boolean {
    if (leader?.state === undefined) return false;
    const members = nodesOf(leader.state.log.members);
    return [...members].every((id) => {
      const node = this.nodes.get(id);
      return node === undefined || node.refused || node.lastApplied === text;
    });
  }

  /** Delivers what is under way on a link, or only what `chosen` picks of it. */
  deliver(
    link: string,
    chosen: (messages: readonly RaftMessage[]) => readonly RaftMessage[],
  ): void {
    const messages = this.links.get(link) ?? [];
    const taken = chosen(messages);
    this.setLink(
      link,
      messages.filter((message) => !taken.includes(message)),
    );
    const [from = "", to = ""] = link.split(">");
    for (const message of taken) this.give(to, { kind: "message", from, message });
    this.#look();
  }

  setLink(link: string, messages: readonly RaftMessage[]): void {
    if (messages.length === 0) this.links.delete(link);
    else this.links.set(link, messages);
  }

  crash(id: string): void {
    this.nodes.get(id)?.crash();
  }

  restart(id: string): void {
    this.nodes.get(id)?.start(this.now);
  }

  flush(id: string): void {
    const { rules, lazyDisks } = this.settings;
    this.nodes.get(id)?.flush(this.now, rules, lazyDisks, this);
    this.#look();
  }

  /** A session touches a node that believes itself raft leader. */
  touch(sessionId: string, id: string): void {
    const session = this.sessions.get(sessionId);
    const node = this.nodes.get(id);
    if (session === undefined || node?.state === undefined) return;
    takeTouch(node, session, this.now, this.settings.rules);
    this.give(id, { kind: "touch" });
    this.#look();
  }

  propose(id: string, text: string): void {
    this.give(id, { kind: "propose", data: [new TextEncoder().encode(text)] });
    this.#look();
  }

  post(from: string, { to, message }: OutgoingMessage): void {
    this.history = noteSent(this.history, this.nodes, from, to, message);
    const link = `${from}>${to}`;
    const messages = this.links.get(link) ?? [];
    const last = messages.at(-1);
    // The same again says nothing new: it may as well be lost.
    if (messages.length >= longestLink || JSON.stringify(last) === JSON.stringify(message)) return;
    this.setLink(link, [...messages, message]);
  }

  stepped(node: ExploredNode, ready: Ready): void {
    this.history = noteStep(this.history, node, ready, this.settings.sticky);
    if (ready.elected !== undefined) {
      const { term, touchedAt } = ready.elected;
      node.book = { term, touchedAt, received: {}, barred: [], pending: [] };
    }
    if (ready.role !== "raft-leader") node.book = undefined;
    for (const { number } of ready.rounds) {
      confirmRound(node, number, this.sessions, this.now, this.settings.rules);
    }
  }

  /** Looks whether two sessions may act at this moment. */
  #look(): void {
    for (const node of this.nodes.values()) {
      const { holder, epoch } = node.line;
      const session = holder === undefined ? undefined : this.sessions.get(holder);
      if (session === undefined || session.granted >= epoch) continue;
      this.sessions.set(session.id, { ...session, granted: epoch });
    }
    const acting: string[] = [];
    for (const session of this.sessions.values()) {
      const acts = mayAct(session, this.now, this.settings.leaseMs);
      if (acts) {
        acting.push(session.id);
        this.sessions.set(session.id, { ...session, actedIn: session.granted });
      } else if (session.actedIn > session.stopped) {
        this.sessions.set(session.id, { ...session, stopped: session.actedIn });
      }
    }
    if (acting.length > 1) throw new Violation(`${acting.join(" and ")} may act at once`);
  }
}

function roleKey(role: object): unknown {
  return Object.entries(role).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Map ? [...value] : value instanceof Set ? [...value] : roundsKey(value),
  ]);
}

function roundsKey(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("acknowledged" in value)) return value;
  return { ...value, acknowledged: [...(value.acknowledged as Set<string>)] };
}
