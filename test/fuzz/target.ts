import * as fc from "fast-check";
import { strays } from "./strays.ts";

/** One reader under fire: a property that holds for whatever it is given. */
export interface Target {
  readonly name: string;
  /** Its part of all cases, in relation to the other targets' parts. */
  readonly share: number;
  readonly attack: (attack: Attack) => Promise<Outcome>;
}

export interface Attack {
  /** The same seed and number of cases give the same cases. */
  readonly seed: number;
  readonly cases: number;
  /** Called before every case. */
  readonly beat: () => void;
}

export interface Outcome {
  readonly cases: number;
  /** What broke, with the shrunken case; undefined when nothing did. */
  readonly failure: string | undefined;
}

/** A case that takes longer hangs, or takes more than linear time. In milliseconds. */
const longestCaseMs = 5_000;

/** A reader that answers at once. `check` throws when the property does not hold. */
export function syncTarget<T>(
  name: string,
  share: number,
  values: fc.Arbitrary<T>,
  check: (value: T) => void,
): Target {
  const attack = ({ seed, cases, beat }: Attack): Promise<Outcome> => {
    const property = fc.property(values, (value) => {
      beat();
      const startedAt = performance.now();
      check(value);
      checkDuration(startedAt);
    });
    return Promise.resolve(outcomeOf(fc.check(property, { seed, numRuns: cases })));
  };
  return { name, share, attack };
}

/** A reader that waits; the case ends when `check` resolves. */
export function asyncTarget<T>(
  name: string,
  share: number,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
): Target {
  const attack = async ({ seed, cases, beat }: Attack): Promise<Outcome> => {
    const property = fc.asyncProperty(values, async (value) => {
      beat();
      const startedAt = performance.now();
      await check(value);
      checkDuration(startedAt);
      strays.check();
    });
    return outcomeOf(await fc.check(property, { seed, numRuns: cases }));
  };
  return { name, share, attack };
}

/** Throws with `what` when the property does not hold. */
export function hold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Throws when the two differ, bytes and bigints included. */
export function same(found: unknown, expected: unknown, what: string): void {
  if (Bun.deepEquals(found, expected, true)) return;
  throw new Error(`${what}: ${Bun.inspect(found)} instead of ${Bun.inspect(expected)}`);
}

function outcomeOf<T>(details: fc.RunDetails<T>): Outcome {
  if (!details.failed) return { cases: details.numRuns, failure: undefined };
  const error = details.errorInstance === null ? "" : Bun.inspect(details.errorInstance);
  return { cases: details.numRuns, failure: `${fc.defaultReportMessage(details)}\n${error}` };
}

function checkDuration(startedAt: number): void {
  const durationMs = performance.now() - startedAt;
  hold(durationMs < longestCaseMs, `one case took ${Math.round(durationMs)} ms`);
}
