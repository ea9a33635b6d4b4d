import { summaryOf } from "../../bench/statistics.ts";
import { paceMs } from "../chaos/judge/terms.ts";
import type { Landing } from "../chaos/judge/verdict.ts";
import { type Disturbance, disturbances, restarted } from "./disturbances.ts";
import { type Finding, rounded } from "./flatness.ts";
import { type Pace, paceOf, percent } from "./pace.ts";
import { firstQuarter, lastQuarter, type Period } from "./trend.ts";
import type { Series } from "./watcher.ts";

/** What one soak came to. */
export interface Course {
  /** What was judged: the run without its warm-up. */
  readonly period: Period;
  readonly findings: readonly Finding[];
  readonly series: readonly Series[];
  readonly pace: Pace;
  readonly landings: readonly Landing[];
  readonly struck: readonly Disturbance[];
  readonly vanished: number;
  /** Whatever was not as it should be, as sentences. */
  readonly complaints: readonly string[];
}

/** The figures for people. */
export function reportText(course: Course): string {
  const { period, landings, pace, struck, vanished } = course;
  const paces = [
    { name: "first quarter", value: paceOf(landings, firstQuarter(period), paceMs) },
    { name: "last quarter", value: paceOf(landings, lastQuarter(period), paceMs) },
    { name: "all", value: pace },
  ];
  const counted = [...new Set(disturbances.map(({ name }) => name))].map((name) => {
    return `${struck.filter((one) => one.name === name).length} x ${name}`;
  });
  return [
    ...table([
      ["replica", "measure", "first quarter", "last quarter", "allowed", "verdict"],
      ...course.findings.map(findingRow),
    ]),
    "",
    ...table([
      ["file pace", "leaderships", "files", "drift", "left out"],
      ...paces.map(({ name, value: { leaderships, files, drift, skipped } }) => {
        return [name, String(leaderships), String(files), percent(drift), percent(skipped)];
      }),
    ]),
    "",
    `medians of the quarters of the last ${rounded((period.to - period.from) / 60_000)} minutes`,
    restartedText(course.series),
    `disturbances: ${counted.join(", ")}`,
    `clients that connected and vanished: ${vanished}`,
    "",
  ].join("\n");
}

function findingRow({ replica, measure, trend }: Finding): readonly string[] {
  const name = measure.unit === "" ? measure.name : `${measure.name}, ${measure.unit}`;
  if (trend.kind === "unknown") return [replica, name, "", "", "", "too few samples"];
  const { first, last, kind } = trend;
  const allowed = `+${rounded(measure.allowed(first))}`;
  return [replica, name, rounded(first), rounded(last), allowed, kind];
}

/** The processes of the replica that is started again and again are too short-lived to judge. */
function restartedText(series: readonly Series[]): string {
  const processes = series.filter(({ id }) => id === restarted);
  const memory = processes.flatMap(({ samples }) => samples.map(({ residentMiB }) => residentMiB));
  if (memory.length === 0) return `${restarted}: no samples`;
  const { median, max } = summaryOf(memory);
  return (
    `${restarted}: ${processes.length} processes, not judged; resident memory ` +
    `${rounded(median)} MiB in the median, ${rounded(max)} MiB at most`
  );
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const text = 2;
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < text ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
