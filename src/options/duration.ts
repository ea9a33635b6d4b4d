import { invalid, type Parsed, valid } from "./parsed.ts";

/**
 * The longest duration that is accepted: a day. A longer one is a slip of the unit. Far above it
 * lie the limits of timers: beyond 2^31 ms a timer fires at once.
 */
export const longestDurationMs = 24 * 60 * 60 * 1000;

const nanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/**
 * Reads a duration in Go's notation: one or more decimal numbers, each with a unit, added up.
 * The result is exact, in milliseconds, from 1 to `longestDurationMs`. A sign, a bare number and
 * a fraction of a millisecond are refused. Source: Go, package time, ParseDuration.
 */
export function parseDuration(text: string): Parsed<number> {
  return parseDurationFrom(1, text);
}

/** Reads a duration as parseDuration does, and refuses one that is shorter than `leastMs`. */
export function parseDurationFrom(leastMs: number, text: string): Parsed<number> {
  const range = `from ${formatDuration(leastMs)} to 24h in whole milliseconds`;
  const expected = `a duration ${range}, such as 10s, 1m30s or 500ms`;
  if (text.length > 64 || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) {
    return invalid(expected);
  }
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(
    /(\d*)\.?(\d*)([a-zµμ]+)/g,
  )) {
    const scaled = BigInt(whole + fraction) * (nanoseconds[unit] ?? 0n);
    const divisor = 10n ** BigInt(fraction.length);
    if (scaled % divisor !== 0n) return invalid(expected);
    total += scaled / divisor;
  }
  const milliseconds = total / 1_000_000n;
  if (total % 1_000_000n !== 0n || milliseconds < BigInt(leastMs)) return invalid(expected);
  if (milliseconds > BigInt(longestDurationMs)) return invalid(expected);
  return valid(Number(milliseconds));
}

/** Writes whole milliseconds in the shortest form of Go's notation that reads back as the same. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const secondsMs = ms % 60_000;
  const parts = [
    hours > 0 ? `${hours}h` : "",
    minutes > 0 ? `${minutes}m` : "",
    secondsMs > 0 ? `${secondsMs / 1000}s` : "",
  ];
  return parts.join("");
}
