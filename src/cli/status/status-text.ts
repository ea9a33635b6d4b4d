import { printable } from "../../base/quoted.ts";
import { type Standing, standingText, waitingPlace } from "../../election/standing.ts";
import { type StateName, stateNames } from "../../election/transitions.ts";

/** A replica's status as another process gave it: an object of which only the state is known. */
export interface ReceivedStatus {
  readonly state: StateName;
  readonly fields: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Reads what /status answers: undefined when no replica of any version answers so. */
export function parseStatus(text: string): ReceivedStatus | undefined {
  const fields = fieldsOf(parsed(text));
  const state = stateNames.find((name) => name === fields["state"]);
  if (state === undefined || textOf(fieldsOf(fields["replica"]), "replica") === undefined) {
    return undefined;
  }
  return { state, fields };
}

/** Whether the replica can take part in the election: the same as its /readyz says. */
export function takesPart({ state }: ReceivedStatus): boolean {
  return state === "Attempter" || state === "Leader";
}

/** For a person: who it is, then a line for each thing that is known. */
export function statusText({ state, fields }: ReceivedStatus): string {
  const replica = fieldsOf(fields["replica"]);
  const detail = textOf(fields, "detail");
  const standing = standingOf({ state, fields });
  const rows: (readonly [string, string | undefined])[] = [
    ["state", `${state}, for ${seconds(fields, "stateMs")}${detail ? `: ${detail}` : ""}`],
    ["epoch", textOf(fields, "epoch")],
    ["lease", suffixed(seconds(fieldsOf(fields["lease"]), "remainingMs"), " left")],
    ["leader", leaderOf(fields) ?? "unknown"],
    ["rests", suffixed(seconds(fieldsOf(fields["resting"]), "remainingMs"), " more")],
    ["line", standing && standingText(standing, leaderOf(fields))],
    ["files", suffixed(textOf(fieldsOf(fields["files"]), "written"), " written")],
  ];
  const shown = rows.filter(([, value]) => value !== undefined);
  const [name, host, pid] = ["replica", "host", "pid"].map((field) => textOf(replica, field));
  return [
    `${name} on ${host}, process ${pid}`,
    ...shown.map(([label, value]) => `  ${label.padEnd(7)} ${value}`),
    "",
  ]
    .map(printable)
    .join("\n");
}

/** The rank in line of a replica that waits; undefined for a leader, and where it is unknown. */
export function rankInLine(status: ReceivedStatus): number | undefined {
  const standing = standingOf(status);
  if (standing?.kind !== "in-line") return undefined;
  return waitingPlace(standing, leaderOf(status.fields)).rank;
}

/** How a replica that waits takes part; undefined for a leader, and where it is unknown. */
function standingOf({ state, fields }: ReceivedStatus): Standing | undefined {
  const { kind, position, size, candidates } = fieldsOf(fields["standing"]);
  if (state === "Leader") return undefined;
  if (kind === "member") return { kind };
  if (kind !== "in-line" || typeof position !== "number") return undefined;
  const told: readonly unknown[] = Array.isArray(candidates) ? candidates : [];
  return { kind, position, size: Number(size), candidates: told.map(String) };
}

function leaderOf(fields: Fields): string | undefined {
  return textOf(fieldsOf(fields["leader"]), "replica");
}

export function seconds(fields: Fields, name: string): string | undefined {
  const milliseconds = fields[name];
  return typeof milliseconds === "number" ? `${(milliseconds / 1000).toFixed(1)} s` : undefined;
}

function suffixed(text: string | undefined, suffix: string): string | undefined {
  return text === undefined ? undefined : `${text}${suffix}`;
}

export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields of an object; none for whatever else was sent. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
