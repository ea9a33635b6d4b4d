import type { Session } from "../ports/coordinator.ts";
import { resolvesBefore, within } from "../../base/deadline.ts";
import type { Failure, Resource } from "../failure.ts";
import { briefly, letGo, stillRunning } from "./let-go.ts";
import { proveDuty } from "./proving.ts";
import {
  type Context,
  type Holdings,
  type StateOf,
  type Transition,
  toStopping,
} from "../state.ts";

/**
 * A resource failed, and we try to repair it.
 * Enter: with the failure, and with what the last state held. While here: let go of that; then one
 * repair attempt after every failover-timeout, as long as the resource has attempts left. What the
 * duty needs to end costs none; an effect that takes longer hangs, which is a failure of the duty,
 * whatever had failed before. Leave: an attempt succeeded, the attempts are used up, signal.
 * Safety: the session is closed whatever failed, so one session owns at most one epoch.
 */
export async function failover(
  context: Context,
  state: StateOf<"Failover">,
): Promise<Transition<"Failover">> {
  const holdings = await release(context, state.holdings);
  let { failure } = state;
  for (;;) {
    const hanging = await hangingEffect(holdings);
    const { resource } = hanging ?? failure;
    if (context.stop.aborted) return toStopping(context, holdings);
    if (!context.budget.spend(resource)) return exhausted(hanging ?? failure, holdings);
    await context.scheduler.sleep(context.timings.failoverTimeoutMs, context.stop);
    if (context.stop.aborted) return toStopping(context, holdings);

    const stillHanging = hanging && (await hangingEffect(holdings));
    if (stillHanging !== undefined || resource !== failure.resource) {
      report(context, resource, stillHanging);
      continue;
    }
    const repair = await attemptRepair(context, failure);
    report(context, resource, repair.failure);
    if (repair.failure === undefined) {
      return {
        to: { kind: "Init", session: repair.session },
        reason: "repaired",
        detail: `the ${resource} answers again`,
      };
    }
    failure = repair.failure;
  }
}

function report({ observer, budget }: Context, resource: Resource, failure?: Failure): void {
  observer.observe({
    kind: "repair",
    resource,
    attempt: budget.spent(resource),
    left: budget.left(resource),
    failure,
  });
}

/** Lets go of what was held; the holdings that remain are empty unless an effect still runs. */
async function release(context: Context, holdings: Holdings): Promise<Holdings> {
  const { scheduler, stop } = context;
  const letting = await briefly(scheduler, (limit) => letGo(holdings, limit));
  if (letting.kind === "let-go") return { session: undefined, tenure: undefined };
  if (stop.aborted) return holdings;

  // The effect goes on. Our lease ends by itself, and a successor waits for that because nothing
  // was released; but a session that we keep alive would keep others from leading.
  context.observer.observe({ kind: "notice", level: "warn", detail: letting.detail });
  await briefly(scheduler, async (limit) => holdings.session?.close(limit));
  const { tenure } = holdings;
  if (tenure === undefined) return { session: undefined, tenure };
  const hasEnded = await within(scheduler, context.dutyEndMs, [stop], (limit) =>
    resolvesBefore(tenure.ended, limit),
  );
  return { session: undefined, tenure: hasEnded ? undefined : tenure };
}

/** What is wrong with an effect that has not ended in the time that the duty needs for it. */
async function hangingEffect({ tenure }: Holdings): Promise<Failure | undefined> {
  if (tenure === undefined || (await hasSettled(tenure.ended))) return undefined;
  const detail = stillRunning(tenure);
  return { resource: "duty", code: "duty-failed", detail };
}

interface Repair {
  readonly failure: Failure | undefined;
  readonly session: Session | undefined;
}

async function attemptRepair(context: Context, failure: Failure): Promise<Repair> {
  if (context.dutyProblem !== undefined) return await askForAnotherGrant(context, failure);
  if (failure.resource === "duty") {
    const proof = await proveDuty(context);
    if (proof.kind === "failed") return { failure: proof.failure, session: undefined };
    // As long as the very record that fenced us is there, nothing is repaired.
    const isFencedStill =
      failure.code === "fenced" && proof.fence?.failure.detail === failure.detail;
    return { failure: isFencedStill ? failure : undefined, session: undefined };
  }
  const opening = await context.coordinator.open(context.stop);
  if (opening.kind === "failed") return { failure: opening.failure, session: undefined };
  return { failure: undefined, session: opening.session };
}

/** What was granted does for no duty; only another session can tell whether that has changed. */
async function askForAnotherGrant(context: Context, failure: Failure): Promise<Repair> {
  const { coordinator, scheduler, stop } = context;
  const opening = await coordinator.open(stop);
  if (opening.kind === "failed") {
    const isOfDuty = failure.resource === "duty";
    return { failure: isOfDuty ? failure : opening.failure, session: undefined };
  }
  const problem = context.dutyProblem;
  if (problem === undefined) return { failure: undefined, session: opening.session };
  await briefly(scheduler, (limit) => opening.session.close(limit));
  return { failure: problem, session: undefined };
}

/** Whether a promise has resolved already. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

function exhausted(failure: Failure, holdings: Holdings): Transition<"Failover"> {
  const detail = `repair attempts of the ${failure.resource} are used up: ${failure.detail}`;
  return {
    to: { kind: "Stopping", cause: { kind: "exhausted", failure }, holdings },
    reason: "exhausted",
    detail,
  };
}
