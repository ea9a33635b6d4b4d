import { printable } from "../../base/quoted.ts";
import type { Coordination } from "../../election/ports/coordination.ts";
import type { ReplicaInfo } from "../../election/ports/coordinator.ts";
import { exitCodes } from "../../election/exit-status.ts";
import { takesPart } from "../../election/transitions.ts";
import type { ReceivedStatus } from "../../http/received-status.ts";
import { rankInLine, seconds } from "./status-text.ts";
import { textTable } from "../table.ts";

/** One replica, as far as it is known. */
export interface SurveyedReplica {
  /** Where it was asked; undefined when it cannot be from here. */
  readonly address: string | undefined;
  /** What its record in the line says; undefined when only its address was given. */
  readonly info: ReplicaInfo | undefined;
  /** Whether the records say that it leads; undefined when they were not asked. */
  readonly leads: boolean | undefined;
  /** Its place in the line, the leader among them, 0 being the front. */
  readonly position: number | undefined;
  /** What it answered. */
  readonly status: ReceivedStatus | undefined;
  /** Why there is no status. */
  readonly problem: string | undefined;
}

/** What the records say of the service. */
export interface SurveyedService {
  /** Where they are, and the option that says so. */
  readonly place: Coordination["place"];
  /** Null when nobody leads. */
  readonly leader: string | null;
}

/**
 * A table of replicas, for people.
 * @param service undefined when the records were not asked
 */
export function surveyText(
  replicas: readonly SurveyedReplica[],
  service: SurveyedService | undefined,
): string {
  const head = ["REPLICA", "HOST", "STATE", "SINCE", "EPOCH", "LINE", "HTTP", "NOTE"];
  const leading = replicas.find(({ leads }) => leads === true)?.position;
  const rows = replicas.map((replica) => row(replica, rankOf(replica, leading)));
  const table = rows.length === 0 ? "" : textTable([head, ...rows]);
  if (service?.leader !== null) return table;
  const { name, option } = service.place;
  const doubt = rows.length === 0 ? `, and nobody is in line: is --${option} right?` : ".";
  return `${table}${printable(`Nobody leads at ${name}${doubt}`)}\n`;
}

/** The exit code that a survey ends with: see the help of `status`. */
export function surveyCode(
  replicas: readonly SurveyedReplica[],
  service: SurveyedService | undefined,
): number {
  // Who cannot be asked from here stands in the line all the same, and so takes part.
  const silent = replicas.some(({ address, status }) => address !== undefined && !status);
  if (silent) return exitCodes.exhausted;
  const idle = replicas.some(({ status }) => status !== undefined && !takesPart(status.state));
  return idle || service?.leader === null ? exitCodes.takesNoPart : exitCodes.stopped;
}

/** The place among those who wait, 1 being next; undefined for a leader, and where unknown. */
function rankOf(
  { leads, position, status }: SurveyedReplica,
  leading: number | undefined,
): number | undefined {
  if (leads === true) return undefined;
  if (position === undefined) return status && rankInLine(status);
  return position + (leading !== undefined && leading < position ? 0 : 1);
}

function row(replica: SurveyedReplica, rank: number | undefined): string[] {
  const { address, info, leads, status, problem } = replica;
  const resting = seconds(status?.restMs);
  const rest = resting === undefined ? status?.detail : `rests for another ${resting}`;
  return [
    info?.replica ?? status?.replica ?? "?",
    info?.host ?? status?.host ?? "?",
    status?.state ?? (leads === undefined ? "?" : leads ? "(leads)" : "(in line)"),
    seconds(status?.stateMs) ?? "-",
    status?.epoch ?? "-",
    rank === undefined ? "-" : String(rank),
    address ?? "-",
    problem ?? rest ?? "",
  ];
}
