import type { Leadership } from "../ports/coordinator.ts";
import type { DutyEnd, Mandate } from "../ports/duty.ts";
import { Ending, type Reason } from "../failure.ts";
import { briefly } from "./let-go.ts";
import { aborted, Scope } from "../../base/scope.ts";
import {
  type Context,
  type Holdings,
  type StateOf,
  type Transition,
  toFailover,
  toStopping,
} from "../state.ts";

/**
 * We hold the epoch, and may act until `validUntil` (monotonic ms).
 * Enter: leadership is our session's, and every earlier lease is over. While here: the duty is
 * done; the adapter renews the lease. Leave: the duty failed or hangs, lease over, session lost,
 * step-down, signal.
 * Safety: the duty asks `mayAct` before every effect; nobody else may act before our lease ended.
 * Source: lease.ts
 */
export async function leader(
  context: Context,
  state: StateOf<"Leader">,
): Promise<Transition<"Leader">> {
  const { session, leadership } = state;
  using stepDown = context.stepDown.arm(context.scheduler);
  const hanging = new Ending();
  const ends = [hanging, session.lost, leadership.lost];
  const losses = [context.stop, ...ends.map(({ signal }) => signal)];
  using leaving = new Scope(stepDown.signal, ...losses);

  const endReason = (): Reason | undefined => {
    if (context.stop.aborted) return "signal";
    const failure = ends.find((ending) => ending.failure !== undefined)?.failure;
    return failure?.code ?? (stepDown.signal.aborted ? "step-down" : undefined);
  };
  const mandate = mandateOf(context, leadership, hanging, endReason);
  const tenure = { leadership, ended: context.duty.lead(mandate, leaving.signal) };
  const end = await Promise.race([tenure.ended, aborted(leaving.signal)]);
  if (end?.kind !== "failed") await aborted(leaving.signal);

  const parting = part(context, { session, tenure }, end ?? undefined, ends);
  if (parting !== undefined) return parting;

  // Only the step-down remains: end the effect, give leadership up, stay with the session.
  using losing = new Scope(...losses);
  const lastEnd = await Promise.race([tenure.ended, aborted(losing.signal)]);
  const overtaken = part(context, { session, tenure }, lastEnd ?? undefined, ends);
  if (overtaken !== undefined) return overtaken;

  const resignation = await briefly(context.scheduler, (limit) => leadership.resign(limit));
  if (context.stop.aborted) return toStopping(context, { session, tenure });
  if (resignation.kind === "resigned") {
    return {
      to: { kind: "Attempter", session, yields: true },
      reason: "step-down",
      detail: `gave up epoch ${leadership.epoch} on request`,
    };
  }
  return toFailover(
    { resource: "coordinator", code: "leadership-lost", detail: resignation.detail },
    { session, tenure },
  );
}

/** The edges that are not of our own choice; undefined when none of them is due. */
function part(
  context: Context,
  holdings: Holdings,
  end: DutyEnd | undefined,
  ends: readonly Ending[],
): Transition<"Leader"> | undefined {
  if (context.stop.aborted) return toStopping(context, holdings);
  if (end?.kind === "failed") return toFailover(end.failure, holdings);
  const failure = ends.find((ending) => ending.failure !== undefined)?.failure;
  return failure === undefined ? undefined : toFailover(failure, holdings);
}

function mandateOf(
  context: Context,
  leadership: Leadership,
  hanging: Ending,
  endReason: Mandate["endReason"],
): Mandate {
  return {
    epoch: leadership.epoch,
    get timing() {
      return leadership.timing;
    },
    mayAct: () => leadership.mayAct(),
    validUntil: () => leadership.validUntil,
    renewal: (signal) => leadership.renewal(signal),
    endReason,
    worked: () => context.budget.restore("duty"),
    hangs: (failure) => hanging.end(failure),
  };
}
