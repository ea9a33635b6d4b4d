import type { Config } from "../../daemon/options.ts";
import { type Bound, failoverBounds } from "../../election/failover-bound.ts";
import { killMarginMs } from "../../exec/timings.ts";
import { longestExpiryLagMs } from "./expiry-lag.ts";
import { basePathOf } from "./leadership/layout.ts";

/** What decides how long a duty takes to end. */
export interface ServiceOptions {
  readonly config: Config;
  /** What runs while the replica leads; undefined for the files alone. */
  readonly command: readonly string[] | undefined;
}

/**
 * How long the service is without a leader at most, given the session timeout that holds.
 * @param tickMs see longestExpiryLagMs
 */
export function expectedFailover(
  { config, command }: ServiceOptions,
  sessionTimeoutMs: number,
  tickMs?: number,
): readonly Bound[] {
  const { attempterTimeoutMs, stopTimeoutMs, onElected, onLost, hookTimeoutMs } = config;
  const stoppingMs = config.execStopTimeoutMs + killMarginMs(sessionTimeoutMs);
  const runningMs = command === undefined && onElected === null ? 0 : stoppingMs;
  // A hook that takes too long is stopped as a command is.
  const hookMs = onLost === null ? 0 : hookTimeoutMs + stoppingMs;
  return failoverBounds({
    sessionTimeoutMs,
    expiryLagMs: longestExpiryLagMs(sessionTimeoutMs, tickMs),
    attempterTimeoutMs,
    dutyEndMs: runningMs + hookMs,
    stopTimeoutMs,
  });
}

/** The file of a state directory with the history of one service, whose replicas share it. */
export function historyName({ zkServers, zkPath }: Config): string {
  const servers = zkServers.servers.map(({ host, port }) => `${host}:${port}`).toSorted();
  const service = [basePathOf(zkServers.chroot, zkPath), ...servers].join(" ");
  const digest = new Bun.CryptoHasher("sha256").update(service).digest("hex");
  return `leaderships-${digest.slice(0, 16)}.history`;
}
