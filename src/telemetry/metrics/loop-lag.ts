import { Histogram, type Registry } from "./prometheus.ts";
import { later, type Scheduler } from "../../base/scheduler.ts";

/** How often the lag is measured: often enough to be seen, seldom enough to cost nothing. */
const periodMs = 1000;

/** Measures how late the event loop wakes, once a second. */
export class LoopLag implements AsyncDisposable {
  readonly #scheduler: Scheduler;
  readonly #histogram: Histogram;
  readonly #closing = new AbortController();
  readonly #measuring: Promise<void>;

  constructor(registry: Registry, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#histogram = new Histogram({
      name: "election_event_loop_lag_seconds",
      help: "How late the event loop wakes, sampled once a second.",
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
    this.#measuring = this.#measure();
  }

  /** Ends the measuring. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const due = later(this.#scheduler.now(), periodMs);
      await this.#scheduler.sleep(periodMs, signal);
      if (!signal.aborted) this.#histogram.observe(Math.max(0, this.#scheduler.now() - due) / 1000);
    }
  }
}
