import type { ByteStream } from "../../../src/zookeeper/transport/transport.ts";
import type { Life } from "../referee/life.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

/** The server's end of a link. */
export interface ServerSide {
  readonly life: Life;
  received(bytes: Uint8Array): void;
  ended(): void;
}

type Direction = "to-server" | "to-client";
type Content = Uint8Array | "end";

/** A part of a stream, with its place in it. */
interface Parcel {
  readonly place: number;
  readonly content: Content;
}

/** One TCP connection: two ordered streams of bytes, which the network may delay, cut or swallow. */
export class Link {
  readonly client: string;
  readonly server: string;
  readonly stream: ByteStream;
  serverSide: ServerSide | undefined;
  whenClosed: () => void = () => undefined;
  /** Half-open: nothing arrives any more, in either direction, and nobody is told. */
  swallows = false;
  readonly #network: SimulatedNetwork;
  readonly #life: Life;
  readonly #lastArrival: Record<Direction, number> = { "to-server": 0, "to-client": 0 };
  /** What arrived at a cut, and waits for the path to heal. */
  readonly #waiting: Record<Direction, Parcel[]> = { "to-server": [], "to-client": [] };
  /** How many parcels were sent, and how many of them were handed on, in their order. */
  readonly #sent: Record<Direction, number> = { "to-server": 0, "to-client": 0 };
  readonly #handedOn: Record<Direction, number> = { "to-server": 0, "to-client": 0 };
  /** What arrived before a parcel that has to be sent again. */
  readonly #early: Record<Direction, Map<number, Parcel>> = {
    "to-server": new Map(),
    "to-client": new Map(),
  };
  readonly #chunks: Uint8Array[] = [];
  #reader: ((chunk: Uint8Array | undefined) => void) | undefined;
  #closedBecause = "";
  #clientOpen = true;
  #serverOpen = true;

  constructor(network: SimulatedNetwork, client: string, server: string, life: Life) {
    this.#network = network;
    this.#life = life;
    this.client = client;
    this.server = server;
    const closedBecause = (): string => this.#closedBecause;
    this.stream = {
      write: (bytes) => {
        if (this.#clientOpen) this.#send("to-server", bytes);
      },
      read: () => this.#read(),
      close: () => this.#closeClient("closed by us"),
      get closedBecause() {
        return closedBecause();
      },
    };
  }

  get clientIsOpen(): boolean {
    return this.#clientOpen;
  }

  /** Nothing that the server says can arrive before the connection itself. */
  nothingBefore(atMs: number): void {
    this.#lastArrival["to-client"] = atMs;
  }

  runsBetween(one: string, other: string): boolean {
    return (
      (this.client === one && this.server === other) ||
      (this.client === other && this.server === one)
    );
  }

  /** The server says something. */
  answer(bytes: Uint8Array): void {
    if (this.#serverOpen) this.#send("to-client", bytes);
  }

  /** The server's kernel ends the connection in order. */
  closeServer(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#send("to-client", "end");
    this.#forgetIfOver();
  }

  /** The client's process is gone. Its kernel says so, unless the whole machine is. */
  dropClient(silently = false): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    if (!silently) this.#send("to-server", "end");
    this.#forgetIfOver();
  }

  /** Resets the connection: what was under way, half a frame perhaps, is lost. */
  reset(): void {
    this.#finishClient("reset by peer");
    if (this.#serverOpen) {
      this.#serverOpen = false;
      this.serverSide?.life.deliver("io", () => this.serverSide?.ended());
    }
    this.#forgetIfOver();
  }

  /** The path healed: the kernels send again what was not acknowledged. */
  resend(): void {
    for (const direction of ["to-server", "to-client"] as const) {
      for (const parcel of this.#waiting[direction].splice(0)) this.#plan(direction, parcel, 100);
    }
  }

  #send(direction: Direction, content: Content): void {
    const { random, splitting } = this.#network;
    if (content !== "end" && content.length > 1 && random.chance(splitting)) {
      const at = random.integer(1, content.length - 1);
      this.#plan(direction, this.#parcel(direction, content.slice(0, at)), 0);
      this.#plan(direction, this.#parcel(direction, content.slice(at)), 30);
    } else this.#plan(direction, this.#parcel(direction, content), 0);
  }

  #parcel(direction: Direction, content: Content): Parcel {
    const place = this.#sent[direction];
    this.#sent[direction] += 1;
    return { place, content };
  }

  #plan(direction: Direction, parcel: Parcel, extraMs: number): void {
    const { timeline, random } = this.#network;
    const delayMs = this.#network.latencyMs(this.client, this.server) + random.between(0, extraMs);
    const at = Math.max(timeline.now + delayMs, this.#lastArrival[direction]);
    this.#lastArrival[direction] = at;
    timeline.plan(at - timeline.now, () => this.#arrive(direction, parcel));
  }

  #arrive(direction: Direction, parcel: Parcel): void {
    if (this.swallows) return;
    const [from, to] =
      direction === "to-server" ? [this.client, this.server] : [this.server, this.client];
    if (this.#network.isCut(from, to)) {
      this.#waiting[direction].push(parcel);
      return;
    }
    const early = this.#early[direction];
    early.set(parcel.place, parcel);
    for (;;) {
      const next = early.get(this.#handedOn[direction]);
      if (next === undefined) return;
      early.delete(next.place);
      this.#handedOn[direction] += 1;
      if (direction === "to-server") this.#arriveAtServer(next.content);
      else this.#arriveAtClient(next.content);
    }
  }

  #arriveAtServer(content: Content): void {
    const { serverSide } = this;
    if (serverSide === undefined || !this.#serverOpen) return;
    serverSide.life.deliver("io", () => {
      if (content !== "end") return serverSide.received(content);
      this.#serverOpen = false;
      this.#forgetIfOver();
      serverSide.ended();
    });
  }

  #arriveAtClient(content: Content): void {
    if (!this.#clientOpen) return;
    this.#life.deliver("io", () => {
      if (!this.#clientOpen) return;
      if (content === "end") return this.#finishClient("closed by the server");
      const reader = this.#reader;
      this.#reader = undefined;
      if (reader === undefined) this.#chunks.push(content);
      else reader(content);
    });
  }

  #read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (!this.#clientOpen) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  #closeClient(because: string): void {
    if (!this.#clientOpen) return;
    this.#endClient(because);
    this.#send("to-server", "end");
    this.#forgetIfOver();
  }

  #finishClient(because: string): void {
    this.#life.deliver("io", () => {
      if (this.#clientOpen) this.#endClient(because);
      this.#forgetIfOver();
    });
  }

  #endClient(because: string): void {
    this.#clientOpen = false;
    this.#closedBecause = because;
    this.#reader?.(undefined);
    this.#reader = undefined;
    this.whenClosed();
  }

  #forgetIfOver(): void {
    if (!this.#clientOpen && !this.#serverOpen) this.#network.links.delete(this);
  }
}
