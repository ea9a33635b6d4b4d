import type { LogLevelName } from "./log-entry.ts";

/** Source: sd-daemon(3), the levels of syslog in angle brackets */
const priorities: Readonly<Record<LogLevelName, number>> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

/**
 * Lines as the journal expects them: it files each under the level that it says in front, which it
 * does not keep as a part of the line.
 */
export function levelled(level: LogLevelName, lines: string): string {
  return lines.replaceAll(/(?<=^|\n)(?=[^\n])/g, `<${priorities[level]}>`);
}
