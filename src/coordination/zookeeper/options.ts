import type { LeaseTiming } from "../../election/ports/lease-timing.ts";
import type { ServerList } from "../../options/environment.ts";
import { leaseTimingOf } from "./lease-timing.ts";
import type { Login } from "./login.ts";

/** The settings that say where a service is kept, and how its servers are reached. */
export interface ServiceConfig {
  readonly zkServers: ServerList;
  readonly zkPath: string;
  readonly sessionTimeoutMs: number;
  readonly zkTlsCa: string | null;
  readonly zkTlsCert: string | null;
  readonly zkTlsKey: string | null;
  readonly zkAuth: Login | null;
  readonly zkAuthFile: Login | null;
  /** Who may change our nodes; left out by who makes none. */
  readonly zkAcl?: "open" | "own" | null;
}

/** The settings that it takes to find a service and its replicas. */
export const serviceFields = [
  "zkServers",
  "zkPath",
  "sessionTimeoutMs",
  "zkTlsCa",
  "zkTlsCert",
  "zkTlsKey",
  "zkAuth",
  "zkAuthFile",
] as const;

/** The times of the lease as they are asked for. */
export function askedTiming({
  sessionTimeoutMs,
}: Pick<ServiceConfig, "sessionTimeoutMs">): LeaseTiming {
  return leaseTimingOf(sessionTimeoutMs);
}
