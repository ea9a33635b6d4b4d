import type { Bound } from "../../election/failover-bound.ts";
import { type Standing, standingText } from "../../election/standing.ts";
import type { CommandStatus, LeadershipChange } from "../../election/status.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of time for people: at most two units. */
export function duration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms));
  if (rounded < second) return `${rounded} ms`;
  if (rounded < 10 * second) return `${(rounded / second).toFixed(1).replace(/\.0$/, "")} s`;
  if (rounded < minute) return `${trimmed(rounded / second)} s`;
  if (rounded < hour) return two(rounded, minute, "min", second, "s");
  if (rounded < day) return two(rounded, hour, "h", minute, "min");
  return two(rounded, day, "d", hour, "h");
}

/** How long a state has lasted, for people: in whole seconds, so that it does not flicker. */
export function age(ms: number): string {
  return duration(Math.floor(Math.max(0, ms) / second) * second || 0).replace(/^0 ms$/, "0 s");
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((ms % large) / small);
  const whole = `${Math.floor(ms / large)} ${largeUnit}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallUnit}`;
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** The change of a leadership, for people. */
export function changeText({ change, reason, detail }: LeadershipChange): string {
  if (change === "began") return "leads";
  if (change === "seen") return "seen to lead";
  return `ended: ${reason ?? "unknown"}${detail === null ? "" : ` (${detail})`}`;
}

/** The state of the command, for people. */
export function commandText({ change, status, detail }: CommandStatus): string {
  if (change === "started") return "runs";
  if (change === "exited") return `exited with status ${status ?? "unknown"}`;
  return detail;
}

/** How a replica takes part, in the words of `election status`. */
export function partText(
  state: string,
  standing: Standing | null,
  leader: string | undefined,
): string {
  if (state === "Leader") return "leads";
  return standing === null ? "not in line" : standingText(standing, leader);
}

/** The kinds of bounds, for people. */
export const boundTitles: Readonly<Record<Bound["kind"], string>> = {
  "hand-over": "Hand-over",
  crash: "Crash",
  "crash-unseen": "Crash, unobserved",
  "crash-without-line": "Crash, nobody woken",
};

/** A bound, for people. */
export function boundText({ ms, commits }: Bound): string {
  return ms === 0 ? commitsText(commits) : duration(ms);
}

/** The sum that a bound is, for people. */
export function boundSum({ kind, terms, commits }: Bound): string {
  if (kind === "hand-over" && terms.length === 0) return "SIGTERM or step-down: giving up, taking";
  const summands = terms.map(({ what, ms }) => `${duration(ms)} ${what}`);
  return [...summands, commitsText(commits)].join(" + ");
}

function commitsText(commits: number): string {
  return commits === 1 ? "1 commit" : `${commits} commits`;
}
