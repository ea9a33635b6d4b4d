import type { Coordination } from "../election/ports/coordination.ts";
import type { Observer } from "../election/ports/observer.ts";
import { grantWarnings } from "../exec/command-checks.ts";
import { commandKinds } from "../exec/timings.ts";
import type { LiveConfig } from "../options/live.ts";
import type { Log } from "../telemetry/log/log.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { Options } from "./options.ts";

/**
 * Judges the timings of the commands by the lease that is granted, whenever another one may be, and
 * tells each verdict once.
 */
export function grantedTimings(
  { command }: Pick<DaemonOptions, "command">,
  live: Pick<LiveConfig<Options>, "view" | "settings">,
  coordination: Pick<Coordination, "timing">,
  log: Pick<Log, "write">,
): Observer {
  const kinds = commandKinds(live.view, command !== undefined);
  // What is wrong with what was asked for was said at the start.
  let told = grantWarnings(live.view, coordination.timing, kinds, live.settings);
  return {
    observe: ({ kind }) => {
      if (kind !== "timeout-granted" && kind !== "connection") return;
      const warnings = grantWarnings(live.view, coordination.timing, kinds, live.settings);
      for (const warning of warnings.filter((text) => !told.includes(text)))
        log.write("warn", "configuration", warning);
      if (warnings.length === 0 && told.length > 0)
        log.write("info", "configuration", "what is granted now leaves commands the time to end");
      told = warnings;
    },
  };
}
