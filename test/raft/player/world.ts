import { type Members, noMembers } from "../../../src/raft/members.ts";
import type { RaftMessage } from "../../../src/raft/message.ts";
import type { OutgoingMessage } from "../../../src/raft/ready.ts";
import { type RaftSettings, raftSettings } from "../../../src/raft/settings.ts";
import { PlayedNode, type Surrounding } from "./played-node.ts";
import { messageText } from "./text.ts";

interface Flight {
  readonly from: string;
  readonly to: string;
  readonly message: RaftMessage;
  /** When it arrives, where time goes by. */
  readonly dueAt: number;
  /** It is delayed: only time or an explicit `deliver` brings it. */
  readonly delayed: boolean;
}

/** Which of the messages under way are meant. */
export interface Selection {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly kind: string | undefined;
  readonly first: number;
}

/** How long a message takes where time goes by, in milliseconds. */
const latencyMs = 1;
/** What happens within one command is bounded: beyond, something goes round in circles. */
const mostEvents = 100_000;
const quietKinds: readonly string[] = ["heartbeat-request", "heartbeat-answer"];

/** The nodes of a script, and the network between them. */
export class World implements Surrounding {
  readonly nodes = new Map<string, PlayedNode>();
  settings: RaftSettings = raftSettings();
  /** Whether `advance` delivers. */
  delivers = true;
  flights: readonly Flight[] = [];
  readonly #cuts = new Set<string>();
  readonly #delays = new Map<string, number>();
  readonly #say: (fact: string) => void;
  #now = 0;
  #quiet = false;
  seed = 1;

  constructor(say: (fact: string) => void) {
    this.#say = say;
  }

  now(): number {
    return this.#now;
  }

  say(fact: string): void {
    this.#say(fact);
  }

  /** Adds a node that starts now; one without members knows no cluster. */
  add(id: string, members: Members = noMembers): PlayedNode {
    const node = new PlayedNode(id, members, this.seed + this.nodes.size * 7919, this);
    this.nodes.set(id, node);
    node.start();
    return node;
  }

  post(from: string, { to, message }: OutgoingMessage): void {
    if (this.#isCut(from, to)) return this.#show(from, to, message, "lost");
    const delayMs = this.#delays.get(`${from}>${to}`) ?? 0;
    const dueAt = this.#now + latencyMs + delayMs;
    this.flights = [...this.flights, { from, to, message, dueAt, delayed: delayMs > 0 }];
  }

  /** Lets time go by: timers fire, and messages arrive. */
  advance(ms: number): void {
    const until = this.#now + ms;
    this.#quiet = true;
    for (let event = 0; event < mostEvents; event += 1) {
      const flight = this.delivers ? this.#nextFlight() : undefined;
      const node = this.#nextNode();
      const wakeAt = Math.max(this.#now, node?.wakeAt ?? Infinity);
      const arrivesAt = Math.max(this.#now, flight?.dueAt ?? Infinity);
      if (Math.min(wakeAt, arrivesAt) > until) break;
      this.#now = Math.min(wakeAt, arrivesAt);
      if (flight !== undefined && arrivesAt <= wakeAt) this.#arrive(flight);
      else node?.give({ kind: "wake" });
    }
    this.#quiet = false;
    this.#now = until;
  }

  /** Delivers what is under way, and what that brings forth, until nothing is. */
  stabilize(): void {
    for (let event = 0; event < mostEvents; event += 1) {
      const flight = this.flights.find(({ to, delayed }) => !delayed && !this.#isPaused(to));
      if (flight === undefined) return;
      this.#arrive(flight);
    }
  }

  deliver(selection: Selection): void {
    for (const flight of this.select(selection)) this.#arrive(flight);
  }

  drop(selection: Selection): void {
    const dropped = this.select(selection);
    this.flights = this.flights.filter((flight) => !dropped.includes(flight));
    for (const { from, to, message } of dropped) this.#show(from, to, message, "lost");
  }

  duplicate(selection: Selection): void {
    const copies = this.select(selection).map((flight) => ({ ...flight }));
    this.flights = [...this.flights, ...copies];
    for (const { from, to, message } of copies) this.#show(from, to, message, "twice");
  }

  /** From now on messages take longer, and so do those that are under way. */
  delay(selection: Selection, ms: number): void {
    for (const from of this.nodes.keys()) {
      for (const to of this.nodes.keys()) {
        const meant = (selection.from ?? from) === from && (selection.to ?? to) === to;
        if (meant && from !== to) this.#delays.set(`${from}>${to}`, ms);
      }
    }
    const delayed = this.select(selection);
    const dueAt = this.#now + latencyMs + ms;
    this.flights = this.flights.map((flight) =>
      delayed.includes(flight) ? { ...flight, dueAt, delayed: ms > 0 } : flight,
    );
  }

  /** Cuts one direction; what is under way on it is lost. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
    this.drop({ from, to, kind: undefined, first: Infinity });
  }

  heal(from?: string, to?: string): void {
    if (from === undefined || to === undefined) return this.#cuts.clear();
    this.#cuts.delete(`${from}>${to}`);
    this.#cuts.delete(`${to}>${from}`);
  }

  select({ from, to, kind, first }: Selection): readonly Flight[] {
    return this.flights
      .filter((flight) => (from ?? flight.from) === flight.from && (to ?? flight.to) === flight.to)
      .filter(({ message }) => (kind ?? message.kind) === message.kind)
      .slice(0, first);
  }

  #nextFlight(): Flight | undefined {
    const open = this.flights.filter(({ to }) => !this.#isPaused(to));
    return open.toSorted((one, other) => one.dueAt - other.dueAt)[0];
  }

  #nextNode(): PlayedNode | undefined {
    const awake = [...this.nodes.values()].filter(({ state, paused }) => state && !paused);
    return awake.toSorted((one, other) => one.wakeAt - other.wakeAt)[0];
  }

  #arrive(flight: Flight): void {
    const { from, to, message } = flight;
    this.flights = this.flights.filter((other) => other !== flight);
    const node = this.nodes.get(to);
    if (node?.state === undefined) return this.#show(from, to, message, "lost");
    this.#show(from, to, message);
    node.give({ kind: "message", from, message });
  }

  #show(from: string, to: string, message: RaftMessage, fate?: string): void {
    if (this.#quiet && quietKinds.includes(message.kind)) return;
    const words = [`${from} -> ${to}`, messageText(message), ...(fate ? [fate] : [])];
    this.say(words.join(" "));
  }

  #isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from}>${to}`);
  }

  #isPaused(id: string): boolean {
    return this.nodes.get(id)?.paused ?? false;
  }
}
