import type { Leadership } from "../ports/coordinator.ts";
import { resolvesBefore, within } from "../../base/deadline.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import type { Holdings, Tenure } from "../state.ts";

/** How long letting go may take where nothing else bounds it. */
const limitMs = 1_000;

/** How letting go went. */
type LettingGo =
  | { readonly kind: "let-go"; readonly clean: boolean; readonly detail: string }
  /** Nothing was given up, because an effect of the tenure has not ended. */
  | { readonly kind: "effect-running"; readonly detail: string };

/**
 * Lets go of what a state held, in the only safe order: the running effect ends, leadership is
 * given up, the session is closed. Each step waits until `limit` aborts at the latest.
 *
 * As long as the effect runs, leadership is not given up: a successor would start at once. Left
 * alone, lease and session run out by themselves, and a successor waits for that. Once it has
 * ended, leadership is given up also when its lease is over: the coordinator may keep our session
 * for much longer, and nobody could lead meanwhile.
 */
export async function letGo(holdings: Holdings, limit: AbortSignal): Promise<LettingGo> {
  const { session, tenure } = holdings;
  if (tenure !== undefined && !(await resolvesBefore(tenure.ended, limit))) {
    return { kind: "effect-running", detail: stillRunning(tenure) };
  }
  let clean = true;
  let detail = "no leadership was held";
  if (tenure !== undefined && !hasPassedOn(tenure.leadership)) {
    const resignation = await tenure.leadership.resign(limit);
    clean = resignation.kind === "resigned";
    detail = resignation.kind === "resigned" ? "leadership was given up" : resignation.detail;
  }
  if (session !== undefined) await session.close(limit);
  return { kind: "let-go", clean, detail };
}

/** What is said of an effect that has not ended: for people. */
export function stillRunning({ leadership }: Tenure): string {
  return `an effect of epoch ${leadership.epoch} is still running`;
}

/** Whether leadership is nobody's, or somebody else's: then nothing is left to give up. */
function hasPassedOn({ lost }: Leadership): boolean {
  return lost.failure?.code === "leadership-lost";
}

/**
 * Runs one step of letting go in short, bounded time, and to its end even when a signal comes
 * meanwhile: a resignation that is cut off half-way leaves nobody the wiser.
 */
export async function briefly<Result>(
  scheduler: Scheduler,
  step: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return await within(scheduler, limitMs, [], step);
}
