import type { Coordination } from "../election/ports/coordination.ts";
import { type DutyPace, Progress } from "../election/progress.ts";
import { commandKinds, dutyBeginMs, dutyEndMs } from "../exec/timings.ts";
import { NotifySocket } from "../system/notify-socket.ts";
import type { RealScheduler } from "../system/real-scheduler.ts";
import { ServiceNotifier } from "../system/service-notifier.ts";
import type { Log } from "../telemetry/log/log.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { Config } from "./options.ts";

/**
 * Tells the service manager how the replica is. Undefined where none listens, or none can be
 * spoken to.
 * @param config the configuration as it is at each use
 */
export function openNotifier(
  { command, notification }: DaemonOptions,
  config: Config,
  scheduler: RealScheduler,
  coordination: Pick<Coordination, "patience" | "timing">,
  log: Log,
): ServiceNotifier | undefined {
  const { notifySocket, watchdogMs } = notification;
  if (notifySocket === undefined) return undefined;
  const tell = (level: "warn" | "error", detail: string): void =>
    log.write(level, "service-manager", detail);
  let socket: NotifySocket;
  try {
    socket = NotifySocket.open(notifySocket);
  } catch (error) {
    tell("warn", `the service manager cannot be told anything: ${String(error)}`);
    return undefined;
  }
  const kinds = commandKinds(config, command !== undefined);
  const duty: DutyPace = {
    // A command under leadership may be silent for as long as it likes.
    writes: command === undefined || config.withFiles,
    get beginMs() {
      return dutyBeginMs(config, coordination.timing, kinds);
    },
    get endMs() {
      return dutyEndMs(config, coordination.timing, kinds);
    },
  };
  return new ServiceNotifier({
    scheduler,
    socket,
    watchdogMs,
    progress: new Progress(config, coordination, duty),
    timings: config,
    tell,
  });
}
