/** Servers grant no session shorter than so many ticks, unless `minSessionTimeout` says else. */
const leastSessionTicks = 2;
/**
 * One tick, because sessions expire in buckets of one, rounded up; half a tick, because the leader
 * of the servers counts from when the others report whose sessions were active: in their answers to
 * its pings, of which it sends two in a tick.
 * Source: ExpiryQueue.java:53-54,87; Leader.java (tickTime / 2); LearnerHandler.java (ping).
 */
const lateTicks = 1.5;

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
