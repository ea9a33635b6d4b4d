import { attempter } from "./states/attempter.ts";
import type { Epoch } from "./ports/coordinator.ts";
import type { ExitStatus } from "./exit-status.ts";
import { failover } from "./states/failover.ts";
import { init } from "./states/init.ts";
import { leader } from "./states/leader.ts";
import type { AnyTransition, Context, State, StateOf } from "./state.ts";
import { stopping } from "./states/stopping.ts";
import { unreachable } from "../base/unreachable.ts";

/**
 * Runs one replica from Init to the end of Stopping. Losing leadership never ends it; a signal and
 * exhausted self-repair do. Rejects only on a bug, which the process should not survive.
 */
export async function run(context: Context): Promise<ExitStatus> {
  let state: State = { kind: "Init", session: undefined };
  while (state.kind !== "Stopping") {
    const transition: AnyTransition = await step(context, state);
    context.observer.observe({
      kind: "transition",
      from: state.kind,
      to: transition.to.kind,
      reason: transition.reason,
      detail: transition.detail,
      failed: transition.to.kind === "Failover" ? transition.to.failure.resource : undefined,
      epoch: epochOf(transition.to) ?? epochOf(state),
    });
    state = transition.to;
  }
  return await stopping(context, state);
}

function step(
  context: Context,
  state: Exclude<State, StateOf<"Stopping">>,
): Promise<AnyTransition> {
  switch (state.kind) {
    case "Init":
      return init(context, state);
    case "Attempter":
      return attempter(context, state);
    case "Leader":
      return leader(context, state);
    case "Failover":
      return failover(context, state);
    default:
      return unreachable(state);
  }
}

/** The epoch that a state is about, where it is about one. */
function epochOf(state: State): Epoch | undefined {
  switch (state.kind) {
    case "Leader":
      return state.leadership.epoch;
    case "Failover":
    case "Stopping":
      return state.holdings.tenure?.leadership.epoch;
    case "Init":
    case "Attempter":
      return undefined;
    default:
      return unreachable(state);
  }
}
