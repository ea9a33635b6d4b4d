import { type Instant, later, type Scheduler } from "../base/scheduler.ts";

/** How long a replica does not stand again when the wish does not say: a duration. */
export const usualRest = "30s";

/** The wish that the present leader makes room. It means something only while one leads. */
export class StepDown {
  #armed: AbortController | undefined;
  #restMs = 0;
  #standsAgainAt: Instant | undefined;

  /**
   * Asks for it; false when nobody leads here, and then nothing will come of it.
   * @param restMs for how long after this leadership the replica does not stand again. Of several
   * requests the longest counts. Only this process knows of it: a restart stands at once.
   */
  request(restMs = 0): boolean {
    if (this.#armed === undefined) return false;
    this.#restMs = Math.max(this.#restMs, restMs);
    this.#armed.abort();
    return true;
  }

  /** Listens for requests until disposed: then the rest begins. One leader at a time listens. */
  arm(scheduler: Scheduler): { readonly signal: AbortSignal } & Disposable {
    const controller = new AbortController();
    this.#armed = controller;
    this.#restMs = 0;
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        if (this.#armed !== controller) return;
        this.#armed = undefined;
        if (this.#restMs > 0) this.#standsAgainAt = later(scheduler.now(), this.#restMs);
      },
    };
  }

  /** Until when the replica does not stand; undefined when it was never asked not to. */
  get standsAgainAt(): Instant | undefined {
    return this.#standsAgainAt;
  }
}
