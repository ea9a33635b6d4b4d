import type { StateName } from "../../election/transitions.ts";

/** The levels of the log, from the most to the least important. */
export const logLevels = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevelName = (typeof logLevels)[number];

/** How a line looks: for machines, and for people. */
export const logFormats = ["json", "pretty"] as const;
export type LogFormat = (typeof logFormats)[number];

/** A field of a line. bigint becomes a decimal string: a JSON number would lose digits. */
export type LogValue = string | number | boolean | bigint | null | undefined;

export type LogFields = Readonly<Record<string, LogValue>>;

/** One line of the log, before it is given a form. */
export interface LogEntry {
  readonly time: Date;
  readonly level: LogLevelName;
  readonly state: StateName;
  readonly replica: string;
  /** A stable name of what happened: what a search looks for. */
  readonly event: string;
  /** Fields that are undefined are left out. */
  readonly fields: LogFields;
  /** For people. */
  readonly message: string;
}

/** A text of an entry is cut after this many characters, so that a line has a bound. */
const longestText = 4096;

/** A text of an entry within its bound; the dots at its end say that more was cut off. */
export function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text;
}

/** The number of each level in the journal. Source: sd-daemon(3), which has them of syslog */
const priorities: Readonly<Record<LogLevelName, number>> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

/**
 * Puts the level in front of each line, as the journal expects it: `<4>text`. The journal files the
 * line under that level, and keeps the text alone.
 */
export function levelled(level: LogLevelName, lines: string): string {
  return lines.replaceAll(/(?<=^|\n)(?=[^\n])/g, `<${priorities[level]}>`);
}
