import { printable } from "../../base/quoted.ts";
import { standingText, waitingPlace } from "../../election/standing.ts";
import type { ReceivedStatus } from "../../http/received-status.ts";

/** For a person: who it is, then a line for each thing that is known. */
export function statusText(status: ReceivedStatus): string {
  const { state, detail, leader, standing, fileDir } = status;
  const rows: (readonly [string, string | undefined])[] = [
    ["state", `${state}, for ${seconds(status.stateMs)}${detail ? `: ${detail}` : ""}`],
    ["epoch", status.epoch],
    ["lease", suffixed(seconds(status.leaseMs), " left")],
    ["leader", leader ?? "unknown"],
    ["rests", suffixed(seconds(status.restMs), " more")],
    // A leader stands in line too, and waits for nothing.
    ["line", state === "Leader" ? undefined : standing && standingText(standing, leader)],
    [
      "files",
      suffixed(status.filesWritten, ` written${fileDir === undefined ? "" : `, in ${fileDir}`}`),
    ],
  ];
  const shown = rows.filter(([, value]) => value !== undefined);
  return [
    `${status.replica} on ${status.host}, process ${status.pid}`,
    ...shown.map(([label, value]) => `  ${label.padEnd(7)} ${value}`),
    "",
  ]
    .map(printable)
    .join("\n");
}

/** The rank in line of a replica that waits; undefined for a leader, and where it is unknown. */
export function rankInLine({ state, standing, leader }: ReceivedStatus): number | undefined {
  if (state === "Leader" || standing?.kind !== "in-line") return undefined;
  return waitingPlace(standing, leader).rank;
}

/** A time in seconds, with one decimal. */
export function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${(ms / 1000).toFixed(1)} s`;
}

function suffixed(text: string | undefined, suffix: string): string | undefined {
  return text === undefined ? undefined : `${text}${suffix}`;
}
