import { within } from "../../base/deadline.ts";
import { type ExitStatus, exitCodes } from "../exit-status.ts";
import { letGo } from "./let-go.ts";
import type { Context, StateOf } from "../state.ts";

/**
 * We free everything that we hold, in order and in bounded time.
 * Enter: asked to stop, or repair is hopeless. While here: the running effect ends, leadership is
 * given up, the session is closed, and what earlier sessions hold is no longer pursued. Leave:
 * never; the process ends with the returned status.
 * Safety: with an effect still running nothing is given up; lease and session run out by
 * themselves, and nobody starts before.
 */
export async function stopping(context: Context, state: StateOf<"Stopping">): Promise<ExitStatus> {
  const { scheduler, timings, coordinator } = context;
  const letting = await within(scheduler, timings.stopTimeoutMs, [], async (limit) => {
    const own = await letGo(state.holdings, limit);
    if (own.kind === "effect-running") return own;
    const left = await coordinator.leave(limit);
    if (left === undefined) return own;
    return { ...own, clean: false, detail: `${own.detail}; ${left}` };
  });
  if (letting.kind === "effect-running") {
    state.holdings.session?.abandon();
    const reason = `stop-timeout passed: ${letting.detail}`;
    return { code: exitCodes.effectRunning, clean: false, reason };
  }
  const { clean, detail } = letting;
  const { cause } = state;
  if (cause.kind === "signal") {
    return { code: exitCodes.stopped, clean, reason: `${cause.detail}; ${detail}` };
  }
  const { failure } = cause;
  return { code: exitCodes.exhausted, clean, reason: `${failure.code}: ${failure.detail}` };
}
