import type { Scheduler } from "../../../src/base/scheduler.ts";
import { aborted, Scope } from "../../../src/base/scope.ts";

/** How long anything takes from one end to the other, in milliseconds. */
const latencyMs = 1;

/** What came of a request: its answer, or nothing, and then nobody knows whether it was done. */
export type Answer<Value> =
  { readonly kind: "answered"; readonly value: Value } | { readonly kind: "unknown" };

const unknown = { kind: "unknown" } as const;

/** The connection of one replica to the service, which a test cuts or makes one-sided. */
export class MemoryLink {
  readonly #scheduler: Scheduler;
  #state: "whole" | "deaf" | "cut" = "whole";
  /** Aborted when the present connection breaks. */
  #connection = new AbortController();
  /** Aborted when there is a connection again. */
  #reconnection = new AbortController();
  #pending = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#reconnection.abort();
  }

  /** How many requests are unanswered. */
  get pending(): number {
    return this.#pending;
  }

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  cut(): void {
    if (this.#state !== "cut") this.#reconnection = new AbortController();
    this.#state = "cut";
    this.#connection.abort();
  }

  deafen(): void {
    this.#state = "deaf";
  }

  heal(): void {
    // What was lost stays lost: a connection that fell deaf is of no use any more.
    if (this.#state === "deaf") this.#connection.abort();
    this.#connection = new AbortController();
    this.#state = "whole";
    this.#reconnection.abort();
  }

  /** Asks the service; what is asked waits until there is a connection, or `signal` aborts. */
  async ask<Value>(signal: AbortSignal, execute: () => Value): Promise<Answer<Value>> {
    this.#pending += 1;
    try {
      return await this.#ask(signal, execute);
    } finally {
      this.#pending -= 1;
    }
  }

  async #ask<Value>(signal: AbortSignal, execute: () => Value): Promise<Answer<Value>> {
    using sending = new Scope(signal, this.#reconnection.signal);
    if (this.#state === "cut") await aborted(sending.signal);
    using asking = new Scope(signal, this.#connection.signal);
    await this.#scheduler.sleep(latencyMs, asking.signal);
    if (asking.signal.aborted) return unknown;
    const value = execute();
    await this.#scheduler.sleep(latencyMs, asking.signal);
    if (this.#state === "deaf") await aborted(asking.signal);
    return asking.signal.aborted ? unknown : { kind: "answered", value };
  }
}
