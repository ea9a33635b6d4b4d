import { summaryOf } from "../../bench/statistics.ts";
import type { Contender } from "./arena/contender.ts";
import type { Fault } from "./faults/fault.ts";
import type { RoundResult } from "./round.ts";

const columns = [
  "fault",
  "rounds",
  "own",
  "median",
  "max",
  "bound",
  "overloaded",
  "overlaps",
  "inert",
  "violated",
];

/** The table for people: one line for each fault that was played, and one for all. */
export function tableText(faults: readonly Fault[], results: readonly RoundResult[]): string {
  const lines = faults.flatMap((fault) => {
    const own = results.filter((result) => result.fault === fault.name);
    if (own.length === 0) return [];
    const { median, max } = summaryOf(own.map(({ leaderlessMs }) => leaderlessMs));
    const name = fault.countsFrom === "healing" ? `${fault.name} *` : fault.name;
    return [[name, ...counts(own, [seconds(median), seconds(max), seconds(fault.boundMs)])]];
  });
  const rows = [columns, ...lines, ["all", ...counts(results, ["", "", ""])]];
  const widths = columns.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const table = rows.map((row) =>
    row.map((cell, column) => padded(cell, widths[column] ?? 0, column)).join("  "),
  );
  const waits = summaryOf([0, ...results.map(({ waitedMs }) => waitedMs)]);
  return [
    ...table,
    "",
    "leaderless: from the fault to the next file, or a longer time without one after it (less the",
    "leader's pace): median and maximum of the rounds. Marked *: nobody can lead meanwhile, so it",
    "counts from the moment of healing. own: rounds in which each replica had a directory of its",
    "own, so that nothing but the lease kept leaders apart. overloaded: over the bound, but by no",
    "more than processes waited for a processor. inert: files of a lower epoch that landed late,",
    "from a process that was stopped or whose disk held them.",
    `Processes waited for a processor: median ${seconds(waits.median)} a round, at most ${seconds(waits.max)}.`,
    "",
  ].join("\n");
}

/** What is needed to find out why a round failed. */
export function failureText(result: RoundResult, contenders: readonly Contender[]): string {
  const logs = contenders.map(({ id, lastLines }) => {
    return [`--- ${id}`, ...lastLines.map((line) => JSON.stringify(line))].join("\n");
  });
  return `${[...result.violations.map((violation) => `VIOLATED: ${violation}`), ...logs].join("\n")}\n`;
}

function counts(results: readonly RoundResult[], times: readonly string[]): readonly string[] {
  const sum = (of: (result: RoundResult) => number): string =>
    String(results.reduce((total, result) => total + of(result), 0));
  return [
    String(results.length),
    sum(({ layout }) => (layout === "own" ? 1 : 0)),
    ...times,
    sum(({ isOverloaded }) => (isOverloaded ? 1 : 0)),
    sum(({ overlaps }) => overlaps),
    sum(({ inert }) => inert),
    sum(({ violations }) => violations.length),
  ];
}

function padded(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
