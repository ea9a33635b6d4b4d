import type { DutyEnd, Term } from "./duty.ts";
import { aborted, Scope } from "./scope.ts";
import {
  type Context,
  type StateOf,
  type Tenure,
  type Transition,
  toFailover,
  toStopping,
} from "./state.ts";

/**
 * We hold the epoch, and may act until `validUntil` (monotonic ms).
 * Enter: our session owns the leader node, and every earlier lease is over. While here: the duty
 * is done; the adapter renews the lease. Leave: the duty failed, lease over, session lost,
 * step-down, signal.
 * Safety: the duty asks `mayAct` before every effect; nobody else may act before our lease ended.
 * Source: lease.ts
 */
export async function leader(
  context: Context,
  state: StateOf<"Leader">,
): Promise<Transition<"Leader">> {
  const { session, leadership } = state;
  using stepDown = context.stepDown.arm();
  const losses = [context.stop, leadership.lost.signal, session.lost.signal] as const;
  using leaving = new Scope(stepDown.signal, ...losses);

  const tenure = { leadership, ended: context.duty.lead(termOf(context, state), leaving.signal) };
  const end = await Promise.race([tenure.ended, aborted(leaving.signal)]);
  if (end?.kind !== "failed") await aborted(leaving.signal);

  const parting = part(context, state, tenure, end ?? undefined);
  if (parting !== undefined) return parting;

  // Only the step-down remains: end the effect, give leadership up, stay with the session.
  using losing = new Scope(...losses);
  const lastEnd = await Promise.race([tenure.ended, aborted(losing.signal)]);
  const overtaken = part(context, state, tenure, lastEnd ?? undefined);
  if (overtaken !== undefined) return overtaken;

  const resignation = await leadership.resign(losing.signal);
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
  state: StateOf<"Leader">,
  tenure: Tenure,
  end: DutyEnd | undefined,
): Transition<"Leader"> | undefined {
  const holdings = { session: state.session, tenure };
  if (context.stop.aborted) return toStopping(holdings);
  if (end?.kind === "failed") return toFailover(end.failure, holdings);
  const loss = state.session.lost.failure ?? state.leadership.lost.failure;
  if (loss !== undefined) return toFailover(loss, holdings);
  return undefined;
}

function termOf(context: Context, state: StateOf<"Leader">): Term {
  const { leadership } = state;
  return {
    epoch: leadership.epoch,
    mayAct: () => leadership.mayAct(),
    worked: () => context.budget.restore("duty"),
  };
}
