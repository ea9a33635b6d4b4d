import type { Variables } from "../options/environment.ts";
import { isOurVariable } from "../options/option.ts";

/**
 * What a command of a leader may find in its environment besides. It may well run `election`
 * again, so they are no slips of an option's name.
 */
export const commandVariables: ReadonlySet<string> = new Set([
  "ELECTION_EPOCH",
  "ELECTION_REPLICA_ID",
  "ELECTION_LEASE_UNTIL",
  "ELECTION_REASON",
]);

/** The service manager's words with the daemon: a command that heard them could speak for it. */
const serviceVariables: ReadonlySet<string> = new Set([
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
  "LISTEN_PID",
  "JOURNAL_STREAM",
]);

/** What a command inherits of the daemon's environment: not our options, which may be secrets. */
export function commandEnvironment(variables: Variables): Variables {
  const kept = Object.entries(variables).filter(
    ([name]) => !isOurVariable(name) && !serviceVariables.has(name),
  );
  return Object.fromEntries(kept);
}
