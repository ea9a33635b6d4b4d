import { cut, type LogEntry, type LogValue } from "./log-entry.ts";

/** An entry as one JSON object, without a line feed: JSON escapes those of the texts. */
export function jsonLine(entry: LogEntry): string {
  const object: Record<string, unknown> = {
    time: entry.time.toISOString(),
    level: entry.level,
    state: entry.state,
    replica: entry.replica,
    event: entry.event,
  };
  for (const [name, value] of Object.entries(entry.fields)) {
    if (value !== undefined && !Object.hasOwn(object, name)) object[name] = jsonValue(value);
  }
  object["msg"] = cut(entry.message);
  return JSON.stringify(object);
}

function jsonValue(value: Exclude<LogValue, undefined>): string | number | boolean | null {
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" ? cut(value) : value;
}
