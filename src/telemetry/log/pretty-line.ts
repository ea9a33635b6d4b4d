import { printable } from "../../base/quoted.ts";
import type { StateName } from "../../election/transitions.ts";
import { cut, type LogEntry, type LogLevelName, type LogValue } from "./log-entry.ts";

const levelColours: Readonly<Record<LogLevelName, number>> = {
  error: 31,
  warn: 33,
  info: 32,
  debug: 36,
  trace: 90,
};
const stateColours: Readonly<Record<StateName, number>> = {
  Init: 36,
  Attempter: 34,
  Leader: 32,
  Failover: 33,
  Stopping: 35,
};
const dim = 90;

/** An entry as one line for a terminal. The replica, which everybody there knows, is left out. */
export function prettyLine(entry: LogEntry, colours: boolean): string {
  const paint = (colour: number, text: string): string =>
    colours ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const fields = Object.entries(entry.fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  return [
    paint(dim, entry.time.toISOString().slice(11)),
    paint(levelColours[entry.level], entry.level.toUpperCase().padEnd(5)),
    paint(stateColours[entry.state], entry.state.padEnd(9)),
    printable(cut(entry.message)),
    ...(fields.length > 0 ? [paint(dim, printable(`(${entry.event} ${fields.join(" ")})`))] : []),
  ].join(" ");
}

function fieldText(value: LogValue): string {
  if (typeof value !== "string") return String(value);
  return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(cut(value));
}
