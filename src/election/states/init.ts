import { proveDuty } from "./proving.ts";
import { type Context, type StateOf, type Transition, toFailover, toStopping } from "../state.ts";

/**
 * We prove that everything a leader needs is there: the duty can be done, the coordinator answers.
 * Enter: at start, and after a repair (which hands its session on). While here: both proofs run at
 * once. Leave: all there, a proof failed, signal.
 */
export async function init(context: Context, state: StateOf<"Init">): Promise<Transition<"Init">> {
  const [proof, opening] = await Promise.all([
    proveDuty(context),
    state.session === undefined
      ? context.coordinator.open(context.stop)
      : ({ kind: "opened", session: state.session } as const),
  ]);
  const session = opening.kind === "opened" ? opening.session : undefined;
  const holdings = { session, tenure: undefined };

  if (context.stop.aborted) return toStopping(context, holdings);
  if (proof.kind === "failed") return toFailover(proof.failure, holdings);
  if (opening.kind === "failed") return toFailover(opening.failure, holdings);
  if (context.dutyProblem !== undefined) return toFailover(context.dutyProblem, holdings);
  if (proof.fence !== undefined) {
    // The records are older than this question, so the answer covers every leadership in them.
    const horizon = await opening.session.horizon(context.stop);
    if (horizon !== undefined && proof.fence.epoch > horizon) {
      return toFailover(proof.fence.failure, holdings);
    }
  }
  const lost = opening.session.lost.failure;
  if (lost !== undefined) return toFailover(lost, holdings);
  return {
    to: { kind: "Attempter", session: opening.session, yields: false },
    reason: "ready",
    detail: "every resource is available",
  };
}
