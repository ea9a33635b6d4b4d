import type { Scheduler } from "../base/scheduler.ts";
import type { ServiceConfig } from "../coordination/zookeeper/options.ts";
import type { Coordination } from "../election/ports/coordination.ts";

/** The way to agree on a leader that the settings name. Its code is loaded here. */
export async function coordinationOf(
  config: ServiceConfig,
  scheduler: Scheduler,
): Promise<Coordination> {
  const { openCoordination } = await import("../coordination/zookeeper/coordination.ts");
  return openCoordination(config, scheduler);
}
