import type { ReplicaInfo } from "../election/coordinator.ts";
import { exitCodes } from "../election/exit-status.ts";
import { fieldsOf, type ReceivedStatus, seconds, takesPart, textOf } from "./status-text.ts";
import { textTable } from "./text-table.ts";

/** One replica, as far as it is known. */
export interface SurveyedReplica {
  /** Where it was asked; undefined when it cannot be from here. */
  readonly address: string | undefined;
  /** What its record in the line says; undefined when only its address was given. */
  readonly info: ReplicaInfo | undefined;
  /** Whether the records say that it leads; undefined when they were not asked. */
  readonly leads: boolean | undefined;
  /** Its place in the line, 0 being the front. */
  readonly position: number | undefined;
  /** What it answered. */
  readonly status: ReceivedStatus | undefined;
  /** Why there is no status. */
  readonly problem: string | undefined;
}

/**
 * A table of replicas, for people.
 * @param leader null when nobody leads; undefined when that was not asked
 */
export function surveyText(
  replicas: readonly SurveyedReplica[],
  leader: string | null | undefined,
): string {
  const head = ["REPLICA", "HOST", "STATE", "SINCE", "EPOCH", "LINE", "HTTP", "NOTE"];
  const table = replicas.length === 0 ? "" : textTable([head, ...replicas.map(row)]);
  if (leader === null) return `${table}Nobody leads.\n`;
  return table;
}

/** The exit code that a survey ends with: see the help of `status`. */
export function surveyCode(
  replicas: readonly SurveyedReplica[],
  leader: string | null | undefined,
): number {
  // Who cannot be asked from here stands in the line all the same, and so takes part.
  const silent = replicas.some(({ address, status }) => address !== undefined && !status);
  if (silent) return exitCodes.exhausted;
  const idle = replicas.some(({ status }) => status !== undefined && !takesPart(status));
  return idle || leader === null ? exitCodes.takesNoPart : exitCodes.stopped;
}

function row({ address, info, leads, position, status, problem }: SurveyedReplica): string[] {
  const fields = status?.fields ?? {};
  const replica = fieldsOf(fields["replica"]);
  const line = position ?? fieldsOf(fields["line"])["position"];
  const resting = seconds(fieldsOf(fields["resting"]), "remainingMs");
  const detail = textOf(fields, "detail");
  const rest = resting === undefined ? detail : `rests for another ${resting}`;
  return [
    info?.replica ?? textOf(replica, "replica") ?? "?",
    info?.host ?? textOf(replica, "host") ?? "?",
    status?.state ?? (leads === undefined ? "?" : leads ? "(leads)" : "(in line)"),
    seconds(fields, "stateMs") ?? "-",
    textOf(fields, "epoch") ?? "-",
    typeof line === "number" ? String(line + 1) : "-",
    address ?? "-",
    problem ?? rest ?? "",
  ];
}
