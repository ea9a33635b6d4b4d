import type { Session } from "../ports/coordinator.ts";
import type { Failure } from "../failure.ts";
import { briefly, letGo } from "./let-go.ts";
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
 * repair attempt after every failover-timeout, as long as the resource has attempts left. Leave: an
 * attempt succeeded, the attempts are used up, signal.
 * Safety: the session is closed whatever failed, so one session owns at most one epoch.
 */
export async function failover(
  context: Context,
  state: StateOf<"Failover">,
): Promise<Transition<"Failover">> {
  const { resource } = state.failure;
  const holdings = await release(context, state.holdings);

  let { failure } = state;
  for (;;) {
    if (context.stop.aborted) return toStopping(context, holdings);
    if (!context.budget.spend(resource)) return exhausted(failure, holdings);
    await context.scheduler.sleep(context.timings.failoverTimeoutMs, context.stop);
    if (context.stop.aborted) return toStopping(context, holdings);

    const repair = await attemptRepair(context, failure, holdings);
    context.observer.observe({
      kind: "repair",
      resource,
      attempt: context.budget.spent(resource),
      left: context.budget.left(resource),
      failure: repair.failure,
    });
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

/** Lets go of what was held; the holdings that remain are empty unless an effect still runs. */
async function release(context: Context, holdings: Holdings): Promise<Holdings> {
  const { scheduler, stop } = context;
  const letting = await briefly(scheduler, (limit) => letGo(holdings, limit));
  if (letting.kind === "let-go") return { session: undefined, tenure: undefined };
  if (stop.aborted) return holdings;

  // The effect hangs. Our lease ends by itself, and a successor waits for that because nothing was
  // released; but a session that we keep alive would keep others from leading.
  context.observer.observe({ kind: "notice", level: "warn", detail: letting.detail });
  await briefly(scheduler, async (limit) => holdings.session?.close(limit));
  return { session: undefined, tenure: holdings.tenure };
}

interface Repair {
  readonly failure: Failure | undefined;
  readonly session: Session | undefined;
}

async function attemptRepair(
  context: Context,
  failure: Failure,
  holdings: Holdings,
): Promise<Repair> {
  const { tenure } = holdings;
  if (tenure !== undefined && !(await hasSettled(tenure.ended))) {
    const detail = `an effect of epoch ${tenure.leadership.epoch} is still running`;
    return { failure: { ...failure, detail }, session: undefined };
  }
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
