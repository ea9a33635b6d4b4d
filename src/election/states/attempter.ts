import {
  type Attempt,
  type Call,
  outOfTurn,
  type ReplicaInfo,
  type Session,
} from "../ports/coordinator.ts";
import { restOut } from "./resting.ts";
import { Scope } from "../../base/scope.ts";
import { type Context, type StateOf, type Transition, toFailover, toStopping } from "../state.ts";

/** After an attempt without a clear answer we wait at least this long, and up to twice as long. */
const undecidedPauseMs = 100;
/**
 * How many regular looks at the leader may pass between two full attempts, which read the line as
 * well: with a thousand replicas its names are a thousand times a thousand to read.
 */
const looksPerAttempt = 6;

/**
 * We want to lead, and somebody else does.
 * Enter: our session is good. While here: attempt at once (after a step-down: when its rest is over
 * and it is our turn), then whenever it is our turn; every attempter-timeout look who leads, and
 * attempt unless somebody does, whatever the line says, so that a broken line cannot leave the
 * service without a leader. Leave: leadership won (and its lease valid), session lost, refused,
 * signal.
 */
export async function attempter(
  context: Context,
  state: StateOf<"Attempter">,
): Promise<Transition<"Attempter">> {
  const { session } = state;
  using scope = new Scope(context.stop, session.lost.signal);
  const rested = await restOut(context, session, scope.signal);
  let call = outOfTurn;
  if (rested || state.yields) {
    call = await turnOrTimeout(context, session, scope.signal);
    const ending = endingOf(context, session);
    if (ending !== undefined) return ending;
  }

  for (;;) {
    const unfit = context.dutyProblem;
    if (unfit !== undefined) return toFailover(unfit, { session, tenure: undefined });
    const attempt = await session.attempt(call, scope.signal);
    if (attempt.kind === "won" || !context.stop.aborted) report(context, attempt);
    if (attempt.kind === "won") {
      const { leadership } = attempt;
      return {
        to: { kind: "Leader", session, leadership },
        reason: "elected",
        detail: `leads with epoch ${leadership.epoch}`,
      };
    }
    const ending = endingOf(context, session);
    if (ending !== undefined) return ending;
    if (attempt.kind === "failed")
      return toFailover(attempt.failure, { session, tenure: undefined });

    if (attempt.kind === "led") {
      call = await turnOrVacancy(context, session, scope.signal);
    } else {
      await pause(context, scope.signal);
      call = await turnOrTimeout(context, session, scope.signal);
    }
  }
}

/** The edges that are not of our own choice; undefined when none of them is due. */
function endingOf(context: Context, session: Session): Transition<"Attempter"> | undefined {
  const holdings = { session, tenure: undefined };
  if (context.stop.aborted) return toStopping(context, holdings);
  const failure = session.lost.failure ?? context.dutyProblem;
  return failure === undefined ? undefined : toFailover(failure, holdings);
}

/** Keeps an unclear answer that comes at once from becoming a loop that spins. */
async function pause(context: Context, signal: AbortSignal): Promise<void> {
  const jitterMs = undecidedPauseMs * context.scheduler.random();
  await context.scheduler.sleep(undecidedPauseMs + jitterMs, signal);
}

/** Waits in line for an attempter-timeout at most. */
async function turnOrTimeout(context: Context, session: Session, stop: AbortSignal): Promise<Call> {
  using waiting = new Scope(stop);
  const call = await Promise.race([
    session.turn(waiting.signal),
    context.scheduler.sleep(context.timings.attempterTimeoutMs, waiting.signal),
  ]);
  waiting.abort();
  return call ?? outOfTurn;
}

/**
 * Waits in line, and looks every attempter-timeout whether somebody leads: a look costs one
 * request, and the place in line is kept, with all that is watched from there.
 */
async function turnOrVacancy(context: Context, session: Session, stop: AbortSignal): Promise<Call> {
  const { scheduler, timings } = context;
  using waiting = new Scope(stop);
  let call = outOfTurn;
  const turn = session.turn(waiting.signal).then((ended) => {
    call = ended;
    return true as const;
  });
  for (let look = 1; ; look += 1) {
    const sleep = scheduler.sleep(timings.attempterTimeoutMs, waiting.signal);
    const isOver = (await Promise.race([turn, sleep])) === true || stop.aborted;
    if (isOver || look === looksPerAttempt) break;
    const sighting = await session.sighting(waiting.signal);
    if (sighting.kind !== "led") break;
    reportLed(context, sighting.leader);
  }
  waiting.abort();
  return call;
}

function reportLed(context: Context, leader: ReplicaInfo | undefined): void {
  context.budget.restore("coordinator");
  context.observer.observe({ kind: "attempt", outcome: "led", leader, detail: undefined });
}

function report(context: Context, attempt: Attempt): void {
  if (attempt.kind === "led") return reportLed(context, attempt.leader);
  if (attempt.kind === "won") context.budget.restore("coordinator");
  context.observer.observe({
    kind: "attempt",
    outcome: attempt.kind,
    leader: undefined,
    detail: detailOf(attempt),
  });
}

function detailOf(attempt: Attempt): string | undefined {
  if (attempt.kind === "undecided") return attempt.detail;
  if (attempt.kind === "failed") return attempt.failure.detail;
  return undefined;
}
