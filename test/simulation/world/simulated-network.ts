import type {
  ByteStream,
  SocketAddress,
  Transport,
} from "../../../src/zookeeper/transport/transport.ts";
import type { Life } from "../referee/life.ts";
import { Link, type ServerSide } from "./link.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "../timeline.ts";

/** How long a kernel goes on asking for a connection that nobody answers. */
const connectLimitMs = 120_000;

/** What listens at an address: a server's kernel accepts, whether or not the server runs. */
export interface Listener {
  /** Undefined: nothing listens, the connection is refused. */
  accept(link: Link): ServerSide | undefined;
}

/** Every path between machines: its latency, and whether it is cut. */
export class SimulatedNetwork {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly links = new Set<Link>();
  readonly #listeners = new Map<string, Listener>();
  /** How many faults cut a path at the moment. */
  readonly #cuts = new Map<string, number>();
  readonly #slowness = new Map<string, number>();
  /** How often a chunk of bytes is delivered in two parts. */
  splitting = 0.05;

  constructor(timeline: Timeline, random: Random) {
    this.timeline = timeline;
    this.random = random;
  }

  listen(host: string, listener: Listener): void {
    this.#listeners.set(host, listener);
  }

  listener(host: string): Listener | undefined {
    return this.#listeners.get(host);
  }

  /** The network as one process of the machine `host` sees it. */
  transportOf(host: string, life: Life, streams: Set<Link>): Transport {
    return {
      resolve: (name) => Promise.resolve([name]),
      connect: (address, signal) => this.#connect(host, life, streams, address, signal),
    };
  }

  /** Whether nothing that `from` says reaches `to` at present. */
  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0;
  }

  /** Cuts one direction of a path. Cuts add up. */
  cut(from: string, to: string): void {
    const path = `${from}>${to}`;
    this.#cuts.set(path, (this.#cuts.get(path) ?? 0) + 1);
  }

  /** Takes one cut back. What waited is sent again. */
  heal(from: string, to: string): void {
    const path = `${from}>${to}`;
    this.#cuts.set(path, Math.max(0, (this.#cuts.get(path) ?? 0) - 1));
    if (this.isCut(from, to)) return;
    for (const link of this.links) if (link.runsBetween(from, to)) link.resend();
  }

  slow(one: string, other: string, ms: number): void {
    const path = pathOf(one, other);
    this.#slowness.set(path, Math.max(0, (this.#slowness.get(path) ?? 0) + ms));
  }

  latencyMs(one: string, other: string): number {
    const slowMs = this.#slowness.get(pathOf(one, other)) ?? 0;
    const base = this.random.between(0.1, 1) + (this.random.chance(0.01) ? 20 : 0);
    return base + slowMs * this.random.between(0.5, 1);
  }

  #connect(
    host: string,
    life: Life,
    streams: Set<Link>,
    address: SocketAddress,
    signal: AbortSignal,
  ): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const end = (settle: () => void): void => {
        if (settled) return;
        settled = true;
        signal.removeEventListener("abort", abort);
        settle();
      };
      const abort = (): void => end(() => reject(new Error("given up")));
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort);
      const fail = (detail: string): void =>
        life.deliver("io", () => end(() => reject(new Error(detail))));
      this.timeline.plan(this.latencyMs(host, address.host), () => {
        if (settled || life.over) return;
        if (this.isCut(host, address.host) || this.isCut(address.host, host)) {
          this.timeline.plan(connectLimitMs, () => fail("timed out"));
          return;
        }
        const link = new Link(this, host, address.host, life);
        const backMs = this.latencyMs(host, address.host);
        link.nothingBefore(this.timeline.now + backMs);
        const serverSide = this.listener(address.host)?.accept(link);
        this.timeline.plan(backMs, () => {
          if (serverSide === undefined) return fail("refused");
          if (settled || life.over) return link.dropClient();
          life.deliver("io", () => {
            if (settled) return link.stream.close();
            if (link.clientIsOpen) {
              streams.add(link);
              link.whenClosed = () => streams.delete(link);
            }
            end(() => resolve(link.stream));
          });
        });
        if (serverSide !== undefined) {
          this.links.add(link);
          link.serverSide = serverSide;
        }
      });
    });
  }
}

function pathOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
