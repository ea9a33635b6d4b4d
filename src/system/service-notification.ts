import { fstatSync } from "node:fs";
import type { Variables } from "../options/environment.ts";

/** What the service manager that started us wants to hear. Source: sd_notify(3) */
export interface ServiceNotification {
  /** The socket on which it listens, as it named it; undefined when it does not. */
  readonly notifySocket: string | undefined;
  /** It ends us when it has heard no sign of life for so long; undefined when it does not. */
  readonly watchdogMs: number | undefined;
}

/** @param pid of this process: a watchdog may be meant for another one */
export function serviceNotificationOf(variables: Variables, pid: number): ServiceNotification {
  const watched = variables["WATCHDOG_PID"] ?? String(pid);
  const period = variables["WATCHDOG_USEC"] ?? "";
  const isForUs = watched === String(pid) && /^[1-9]\d{0,14}$/.test(period);
  return {
    notifySocket: variables["NOTIFY_SOCKET"] || undefined,
    watchdogMs: isForUs ? Number(period) / 1000 : undefined,
  };
}

/** Whether a descriptor is the journal's, by its device and inode. Source: systemd.exec(5) */
export function isJournal(variables: Variables, descriptor: number): boolean {
  const journal = variables["JOURNAL_STREAM"];
  if (journal === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return journal === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
