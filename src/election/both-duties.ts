import type { Duty, DutyEnd, Mandate, Proof } from "./ports/duty.ts";
import { Scope } from "../base/scope.ts";

/** Two duties done beside each other: where one cannot go on, the other ends as well. */
export class BothDuties implements Duty {
  readonly #duties: readonly [Duty, Duty];

  constructor(one: Duty, other: Duty) {
    this.#duties = [one, other];
  }

  async prove(): Promise<Proof> {
    const [one, other] = await Promise.all(this.#duties.map((duty) => duty.prove()));
    // There are two, and what one lacks fails both; a fence can come from either.
    if (one?.kind === "failed") return one;
    if (other?.kind === "failed") return other;
    return { kind: "proved", fence: one?.fence ?? other?.fence };
  }

  async lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> {
    using leading = new Scope(signal);
    const ends = await Promise.all(
      this.#duties.map(async (duty) => {
        const end = await duty.lead(mandate, leading.signal);
        leading.abort();
        return end;
      }),
    );
    return ends.find(({ kind }) => kind === "failed") ?? { kind: "stopped" };
  }
}
