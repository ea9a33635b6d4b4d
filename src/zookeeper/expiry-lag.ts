/**
 * How late, past its timeout, the servers may expire a session whose owner fell silent, in
 * milliseconds: two ticks of their clock. The tick is not told to clients; but no session shorter
 * than two ticks is granted (unless `minSessionTimeout` says else), so two are the timeout at most.
 *
 * One tick, because sessions expire in buckets of a tick, rounded up (Source:
 * ExpiryQueue.java:53-54,87); another, because the leader of the servers counts from when the
 * others report, in answers to its pings, whose sessions were active (Source: Learner.java, ping).
 */
export function longestExpiryLagMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs;
}
