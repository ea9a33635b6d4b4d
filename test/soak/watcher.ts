import { connect } from "node:net";
import type { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import { type Sample, takeSample } from "./sample.ts";

/** A replica as those see it who only know its address. */
export interface Watched {
  readonly id: string;
  readonly address: string;
  /** Its process now: another one begins a series of its own. */
  readonly pid: number;
  /** Whether it may be without an answer, because it is ended now and then. */
  readonly mayBeAway: boolean;
}

/** All samples of one process. */
export interface Series {
  readonly id: string;
  readonly pid: number;
  readonly samples: Sample[];
}

/** How many clients connect and vanish between two samples of a replica. */
const vanishingClients = 2;
const pages = ["/status", "/leader", "/readyz", "/livez"] as const;

/**
 * Polls the replicas' endpoints, as Prometheus and health checks do, and is an unreliable client
 * besides: connections that are gone in the middle of a request, or before the answer.
 */
export class Watcher implements AsyncDisposable {
  readonly series: Series[] = [];
  /** Questions that were not answered, as sentences. */
  readonly problems: string[] = [];
  readonly #choice: SeededChoice;
  readonly #intervalMs: number;
  readonly #ending = new AbortController();
  readonly #watching: Promise<unknown>;
  #vanished = 0;

  constructor(replicas: readonly Watched[], choice: SeededChoice, intervalMs: number) {
    this.#choice = choice;
    this.#intervalMs = intervalMs;
    this.#watching = Promise.all(replicas.map((replica) => this.#watch(replica)));
  }

  /** How many clients have vanished so far. */
  get vanished(): number {
    return this.#vanished;
  }

  /** The resident memory of every replica, as it was sampled last. */
  memoryText(): string {
    const texts = new Map<string, string>();
    for (const { id, samples } of this.series) {
      texts.set(id, `${id} ${samples.at(-1)?.residentMiB.toFixed(1)} MiB`);
    }
    return [...texts.values()].join(", ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  async #watch(replica: Watched): Promise<void> {
    for (let turn = 0; !this.#ending.signal.aborted; turn += 1) {
      const due = performance.now() + this.#intervalMs;
      try {
        await this.#ask(replica, pages[turn % pages.length] ?? "/");
      } catch (error) {
        if (!replica.mayBeAway)
          this.problems.push(`${replica.id} gave no answer: ${String(error)}`);
      }
      for (let client = 0; client < vanishingClients; client += 1) await this.#vanish(replica);
      await Bun.sleep(Math.max(0, due - performance.now()));
    }
  }

  async #ask({ id, address, pid }: Watched, page: string): Promise<void> {
    const sample = await takeSample(address);
    const last = this.series.findLast((series) => series.id === id);
    if (last?.pid === pid) last.samples.push(sample);
    else this.series.push({ id, pid, samples: [sample] });
    const response = await fetch(`http://${address}${page}`, {
      signal: AbortSignal.timeout(5_000),
    });
    await response.text();
  }

  /** Connects, says something, or half of it, and is gone. */
  async #vanish({ address }: Watched): Promise<void> {
    const [host = "", port = ""] = address.split(":");
    const request = "GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n";
    const said = request.slice(0, Math.round(this.#choice.between(0, request.length)));
    const lingerMs = this.#choice.between(0, 20);
    await new Promise<void>((resolve) => {
      const socket = connect({ host, port: Number(port) });
      socket.on("connect", () => {
        socket.write(said);
        setTimeout(() => socket.resetAndDestroy(), lingerMs);
      });
      // An error is followed by a close, which says the same.
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
    });
    this.#vanished += 1;
  }
}
