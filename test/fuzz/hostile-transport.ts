import type { Scheduler } from "../../src/base/scheduler.ts";
import { FrameReader } from "../../src/zookeeper/protocol/frames.ts";
import type { ByteStream, Transport } from "../../src/zookeeper/transport/transport.ts";
import type { Move } from "./targets/moves.ts";
import { play } from "./targets/moves.ts";

/** What the servers do to a client, over all its connections. */
export interface Plan {
  /** One for each frame in turn. What comes after them is honest, or they begin again. */
  readonly moves: readonly Move[];
  readonly again: boolean;
  /** The stream arrives in pieces of so many bytes. */
  readonly pieceBytes: number;
  /** How long a server thinks before it answers. */
  readonly latencyMs: number;
}

/** Gives the payload that an honest server would answer a request with. */
export type Answering = (request: Uint8Array) => Uint8Array | undefined;

/** A network on which a plan is played. `handshake` is what every connection begins with. */
export class HostileTransport implements Transport {
  readonly #scheduler: Scheduler;
  readonly #plan: Plan;
  readonly #handshake: Uint8Array;
  readonly #answering: Answering;
  #made = 0;
  #connections = 0;
  #open = 0;

  constructor(scheduler: Scheduler, plan: Plan, handshake: Uint8Array, answering: Answering) {
    this.#scheduler = scheduler;
    this.#plan = plan;
    this.#handshake = handshake;
    this.#answering = answering;
  }

  /** How many connections were made. */
  get connections(): number {
    return this.#connections;
  }

  /** How many of them the client has not closed. */
  get open(): number {
    return this.#open;
  }

  resolve(host: string): Promise<readonly string[]> {
    return Promise.resolve([host]);
  }

  connect(): Promise<ByteStream> {
    this.#connections += 1;
    this.#open += 1;
    const over = new AbortController();
    over.signal.addEventListener("abort", () => {
      this.#open -= 1;
    });
    const stream = new PlayedStream(over);
    void this.#serve(stream, over.signal);
    return Promise.resolve(stream);
  }

  async #serve(stream: PlayedStream, over: AbortSignal): Promise<void> {
    const { latencyMs } = this.#plan;
    let isFirst = true;
    while (!over.aborted) {
      const request = await stream.request();
      if (request === undefined) return;
      await this.#scheduler.sleep(latencyMs, over);
      const payload = isFirst ? this.#handshake : this.#answering(request);
      isFirst = false;
      if (payload !== undefined && !(await this.#send(stream, payload, over))) return;
    }
  }

  /** False when nothing more is to be said on this stream. */
  async #send(stream: PlayedStream, payload: Uint8Array, over: AbortSignal): Promise<boolean> {
    const { moves, again } = this.#plan;
    const turn = again ? this.#made % Math.max(1, moves.length) : this.#made;
    const move = moves[turn] ?? { kind: "honest" };
    this.#made += 1;
    const { bytes, next } = play(move, payload);
    const { pieceBytes } = this.#plan;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      stream.deliver(bytes.slice(at, at + pieceBytes));
    }
    if (next === "go-on") return true;
    if (next === "close") stream.end();
    if (typeof next !== "object") return false;
    while (!over.aborted) {
      stream.deliver(new Uint8Array(1));
      await this.#scheduler.sleep(next.dripEveryMs, over);
    }
    return false;
  }
}

/** Both ends of one connection. */
class PlayedStream implements ByteStream {
  readonly #over: AbortController;
  readonly #frames = new FrameReader(1 << 24);
  readonly #requests: Uint8Array[] = [];
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #reader: ((chunk: Uint8Array | undefined) => void) | undefined;
  #server: (() => void) | undefined;

  constructor(over: AbortController) {
    this.#over = over;
    over.signal.addEventListener("abort", () => this.#server?.());
  }

  get closedBecause(): string {
    if (this.#over.signal.aborted) return "closed here";
    return this.#ended ? "the server closed the connection" : "";
  }

  write(bytes: Uint8Array): void {
    this.#requests.push(...this.#frames.push(bytes.slice()));
    this.#server?.();
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.closedBecause !== "") return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  close(): void {
    this.#over.abort();
    this.#hand(undefined);
  }

  deliver(chunk: Uint8Array): void {
    if (this.closedBecause !== "") return;
    if (this.#reader === undefined) this.#chunks.push(chunk);
    else this.#hand(chunk);
  }

  end(): void {
    this.#ended = true;
    this.#hand(undefined);
  }

  async request(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#over.signal.aborted) return undefined;
      const next = this.#requests.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#server = resolve;
      });
    }
  }

  #hand(chunk: Uint8Array | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(chunk);
  }
}
