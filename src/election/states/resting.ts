import type { ReplicaInfo, Session } from "../ports/coordinator.ts";
import { remainingMs } from "../../base/scheduler.ts";
import type { ElectionEvent } from "../ports/observer.ts";
import type { Context } from "../state.ts";

/** How long a successor may take before it is worth a word that there is none. */
const vacancyMs = 500;

/**
 * Stands aside as long as a step-down asked for: no place in line and no attempt, not even the
 * regular one. It only reads who leads. Resolves with whether there was anything to wait for.
 */
export async function restOut(
  context: Context,
  session: Session,
  signal: AbortSignal,
): Promise<boolean> {
  const { scheduler, observer, budget, timings } = context;
  const until = context.stepDown.standsAgainAt;
  if (until === undefined || remainingMs(scheduler, until) === 0) return false;
  let leader: ReplicaInfo | undefined;
  const tell = (change: Extract<ElectionEvent, { readonly kind: "resting" }>["change"]): void => {
    const restMs = remainingMs(scheduler, until);
    observer.observe({ kind: "resting", change, until, restMs, leader });
  };
  tell("began");
  let isVacant = false;
  for (;;) {
    const pauseMs = leader === undefined ? vacancyMs : timings.attempterTimeoutMs;
    await scheduler.sleep(Math.min(pauseMs, remainingMs(scheduler, until)), signal);
    if (signal.aborted) return true;
    if (remainingMs(scheduler, until) === 0) break;
    const sighting = await session.sighting(signal);
    if (sighting.kind === "unknown") continue;
    budget.restore("coordinator");
    if (sighting.kind === "led") {
      const isNews = sighting.leader?.replica !== leader?.replica;
      ({ leader } = sighting);
      isVacant = false;
      if (isNews) tell("led");
    } else {
      leader = undefined;
      if (!isVacant) tell("vacant");
      isVacant = true;
    }
  }
  tell("ended");
  return true;
}
