import { isOurVariable } from "../options/option.ts";

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
export function commandEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const kept = Object.entries(environment).filter(
    ([name]) => !isOurVariable(name) && !serviceVariables.has(name),
  );
  return Object.fromEntries(kept);
}
