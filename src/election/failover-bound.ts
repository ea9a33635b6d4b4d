import { leaseDurationMs, waitingOutMs } from "./lease.ts";

/** What the bounds follow from. All in milliseconds. */
export interface FailoverSettings {
  /** The session timeout that holds: the granted one, once it is known. */
  readonly sessionTimeoutMs: number;
  /** How late the coordinator may notice, past that timeout, that a session is silent. */
  readonly expiryLagMs: number;
  readonly attempterTimeoutMs: number;
  /** How long ending the duty may take, where that is bounded by itself; else 0. */
  readonly dutyEndMs: number;
  readonly stopTimeoutMs: number;
}

/** One summand of a bound. */
export interface BoundTerm {
  readonly what: string;
  readonly ms: number;
}

/** How long nobody leads at most, in one kind of change. */
export interface Bound {
  readonly kind: "hand-over" | "crash" | "crash-unseen" | "crash-without-line";
  /** The sum of the terms. */
  readonly ms: number;
  readonly terms: readonly BoundTerm[];
  /** What comes on top: commits of the coordinator, one after the other. */
  readonly commits: number;
}

/**
 * How long the service is without a leader at most, from the moment that the old leader stops
 * acting (a hand-over) or is gone (a crash) to the moment that the next one may act.
 *
 * Assumed: the coordinator serves, a candidate is connected to it, and clocks run within 1 %
 * of true time.
 * Not counted: the `commits`, reads and pauses of a fraction of a second, and what the duty itself
 * takes to have an effect.
 *
 * - `hand-over`: SIGTERM or a step-down. The running effect ends; giving up is one commit, taking
 *   another. A stop that exceeds stop-timeout gives nothing up, and is a crash.
 * - `crash`: the session has to run out. The successor counts the old lease, and 3 % more, from the
 *   last renewal, which it has seen; the session runs at least as long, so mostly nothing is added.
 * - `crash-unseen`: the successor has not seen the last renewal (it was being reconnected just
 *   then), and counts the whole lease from its own taking.
 * - `crash-without-line`: besides, nobody was woken: the regular attempt finds the place empty.
 */
export function failoverBounds(settings: FailoverSettings): readonly Bound[] {
  const { sessionTimeoutMs, expiryLagMs, attempterTimeoutMs, dutyEndMs } = settings;
  const waitMs = waitingOutMs(leaseDurationMs(sessionTimeoutMs));
  const expiryMs = sessionTimeoutMs + expiryLagMs;
  const expiry = [
    { what: "session timeout", ms: sessionTimeoutMs },
    { what: "until its end is noticed", ms: expiryLagMs },
  ];
  const remainder = { what: "rest of the old lease", ms: Math.max(0, waitMs - expiryMs) };
  const whole = { what: "the old lease and 3 %", ms: waitMs };
  const attempt = { what: "attempter-timeout", ms: attempterTimeoutMs };
  const ending = {
    what: "ending the duty",
    ms: Math.min(dutyEndMs, settings.stopTimeoutMs),
  };
  return [
    bound("hand-over", 2, [ending]),
    bound("crash", 1, [...expiry, remainder]),
    bound("crash-unseen", 1, [...expiry, whole]),
    bound("crash-without-line", 1, [...expiry, attempt, whole]),
  ];
}

function bound(kind: Bound["kind"], commits: number, all: readonly BoundTerm[]): Bound {
  const terms = all.filter(({ ms }) => ms > 0);
  return { kind, commits, terms, ms: terms.reduce((sum, { ms }) => sum + ms, 0) };
}
