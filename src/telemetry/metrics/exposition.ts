import type { ElectionEvent, Observer } from "../../election/ports/observer.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { LoopLag } from "./loop-lag.ts";
import { ElectionMetrics } from "./metrics.ts";
import type { Present } from "../status/present.ts";
import { processMetrics } from "./process-metrics.ts";
import { Registry } from "./prometheus.ts";
import { readCounter, readGauge } from "./read-metric.ts";

/** How many things the replica waits for at this moment. Numbers that grow over days are a leak. */
export interface Pending {
  /** Sleeps of the scheduler that are under way. */
  readonly timers: () => number;
  /** Requests to the coordinator that are unanswered. */
  readonly requests: () => number;
}

interface ExpositionOptions {
  readonly scheduler: Scheduler;
  /** Must hear every event before the metrics do. */
  readonly present: Present;
  readonly version: string;
  readonly pending: Pending;
  readonly logLinesDropped: () => number;
}

/**
 * All metrics, for Prometheus. Only a replica that can be scraped loads this module; any other one
 * saves the time and the memory of measuring.
 */
export class Exposition implements Observer, AsyncDisposable {
  readonly #registry = new Registry();
  readonly #metrics: ElectionMetrics;
  readonly #loopLag: LoopLag;

  constructor({ scheduler, present, version, pending, logLinesDropped }: ExpositionOptions) {
    this.#metrics = new ElectionMetrics(this.#registry, present);
    processMetrics(this.#registry, scheduler, version);
    readGauge(
      this.#registry,
      "election_timers_pending",
      "Timers that are set: a few, and no more after days.",
      pending.timers,
    );
    readGauge(
      this.#registry,
      "election_coordinator_requests_pending",
      "Requests to the coordinator without an answer yet, queued ones included.",
      pending.requests,
    );
    readCounter(
      this.#registry,
      "election_log_lines_dropped_total",
      "Log lines that were dropped because nobody read them in time.",
      logLinesDropped,
    );
    this.#loopLag = new LoopLag(this.#registry, scheduler);
  }

  observe(event: ElectionEvent): void {
    this.#metrics.observe(event);
  }

  /** The metrics as they are now, in the format that `contentType` names. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Ends the measuring. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loopLag[Symbol.asyncDispose]();
  }
}
