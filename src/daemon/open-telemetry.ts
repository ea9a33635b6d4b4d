import { logDescriptor } from "../options/environment.ts";
import type { LiveConfig } from "../options/live.ts";
import { resolvesBefore, within } from "../base/deadline.ts";
import type { Coordination } from "../election/ports/coordination.ts";
import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import { commandKinds, dutyEndMs } from "../exec/timings.ts";
import type { RealScheduler } from "../system/real-scheduler.ts";
import { openLog } from "../telemetry/log/open-log.ts";
import { writeTo } from "../telemetry/log/line-writer.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { Options } from "./options.ts";

/** How long the end of the process waits for a disk that does not take the history. */
const historyLimitMs = 500;

/** What the daemon's telemetry asks when somebody looks. */
interface TelemetryMeans {
  readonly live: LiveConfig<Options>;
  readonly scheduler: RealScheduler;
  readonly coordination: Coordination;
  readonly self: () => ReplicaInfo;
}

/** The daemon's log, and status; and its metrics where somebody can ask for them. */
export async function openTelemetry(
  { command, version, colours, journal }: DaemonOptions,
  { live, scheduler, coordination, self }: TelemetryMeans,
): Promise<Telemetry> {
  const config = live.view;
  const exposition =
    config.httpAddress === null
      ? undefined
      : (await import("../telemetry/metrics/exposition.ts")).Exposition;
  const kinds = commandKinds(config, command !== undefined);
  return new Telemetry({
    scheduler,
    write: writeTo(openLog(logDescriptor)),
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    colours,
    journal,
    self,
    version,
    coordinatorName: coordination.name,
    exposition,
    pending: {
      timers: () => scheduler.sleeping,
      requests: () => coordination.pendingRequests,
    },
    settings: () => live.settings,
    failover: () => {
      const { attempterTimeoutMs, stopTimeoutMs } = config;
      const endMs = dutyEndMs(config, coordination.timing, kinds);
      return coordination.bounds({ attempterTimeoutMs, stopTimeoutMs, dutyEndMs: endMs });
    },
  });
}

const slewWarning =
  "the kernel does not tell its raw clock, so leases are a tenth shorter, and are waited out a " +
  "tenth longer: a time daemon may slew the other one";

/** The first lines of the log: what starts, and what is to be told of its configuration. */
export function tellStart({ log }: Telemetry, options: DaemonOptions, slewShare: number): void {
  const { version, settings, warnings } = options;
  log.write("info", "start", `election ${version} starts`, {
    version,
    pid: process.pid,
    ...Object.fromEntries(settings.map(({ option, value }) => [option, value ?? undefined])),
  });
  for (const warning of warnings) log.write("warn", "configuration", warning);
  if (slewShare > 0) log.write("warn", "clock", slewWarning);
}

/** Gives the disk some time in the end, while the state directory is still ours. */
export function savedInTheEnd({ history }: Telemetry, scheduler: RealScheduler): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await within(scheduler, historyLimitMs, [], (limit) =>
        resolvesBefore(history.saved(), limit),
      );
    },
  };
}

/** The file of a state directory with the history of one service, whose replicas share it. */
export function historyName(service: string): string {
  const digest = new Bun.CryptoHasher("sha256").update(service).digest("hex");
  return `leaderships-${digest.slice(0, 16)}.history`;
}
