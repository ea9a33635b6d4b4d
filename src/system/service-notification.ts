import { fstatSync } from "node:fs";
import type { Surroundings } from "../options/environment.ts";

/** What the service manager that started us wants to hear. Source: sd_notify(3) */
export interface ServiceNotification {
  /** The socket on which it listens, as it named it; undefined when it does not. */
  readonly notifySocket: string | undefined;
  /** It ends us when it has heard no sign of life for so long; undefined when it does not. */
  readonly watchdogMs: number | undefined;
}

type Environment = Surroundings["environment"];

/** @param pid of this process: a watchdog may be meant for another one */
export function serviceNotificationOf(environment: Environment, pid: number): ServiceNotification {
  const watched = environment["WATCHDOG_PID"] ?? String(pid);
  const period = environment["WATCHDOG_USEC"] ?? "";
  const isForUs = watched === String(pid) && /^[1-9]\d{0,14}$/.test(period);
  return {
    notifySocket: environment["NOTIFY_SOCKET"] || undefined,
    watchdogMs: isForUs ? Number(period) / 1000 : undefined,
  };
}

/** Whether a descriptor is the journal's, by its device and inode. Source: systemd.exec(5) */
export function isJournal(environment: Environment, descriptor: number): boolean {
  const journal = environment["JOURNAL_STREAM"];
  if (journal === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return journal === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
