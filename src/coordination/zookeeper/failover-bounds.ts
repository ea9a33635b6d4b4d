import type { Bound, BoundTerm, FailoverSettings } from "../../election/failover-bound.ts";
import { leaseDurationMs, waitingOutMs } from "./lease-timing.ts";

/** The ticks of the shortest session that servers grant, unless `minSessionTimeout` says else. */
const leastSessionTicks = 2;
/**
 * One tick, because sessions expire in buckets of one, rounded up; half a tick, because the leader
 * of the servers counts from when the others report whose sessions were active: in their answers to
 * its pings, of which it sends two in a tick.
 * Source: ExpiryQueue.java:53-54,87; Leader.java (tickTime / 2); LearnerHandler.java (ping).
 */
const lateTicks = 1.5;

/** What the bounds follow from here. In milliseconds. */
export interface ZooKeeperFailoverSettings extends FailoverSettings {
  /** The session timeout that holds: the granted one, once it is known. */
  readonly sessionTimeoutMs: number;
  /** How late the servers may notice, past that timeout, that a session is silent. */
  readonly expiryLagMs: number;
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
export function failoverBounds(settings: ZooKeeperFailoverSettings): readonly Bound[] {
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

/**
 * How late, past its timeout, the servers may expire a session whose owner fell silent, in
 * milliseconds.
 * @param tickMs the servers' clock unit; the longest that such a session allows, if it is not known
 */
export function longestExpiryLagMs(
  sessionTimeoutMs: number,
  tickMs: number = longestTickMs(sessionTimeoutMs),
): number {
  return Math.ceil(tickMs * lateTicks);
}

/** The longest clock unit of servers that grant such a session, unless they were told to. */
export function longestTickMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / leastSessionTicks;
}
