import { summaryOf } from "../statistics.ts";
import { type ContenderName, contenderNames } from "./contender.ts";
import { type Answer, batchSize } from "./protocol.ts";
import type { Trial } from "./trial.ts";

/** One contender's answers to one trial, of all rounds. */
export interface Result {
  readonly trial: Trial;
  readonly contender: ContenderName;
  readonly answers: readonly Answer[];
}

/** One line of the table: which samples of which trial, and what they mean. */
export interface Row {
  readonly label: string;
  readonly trial: Trial;
  readonly samples: string;
  readonly unit: "ms" | "µs" | "s" | "MiB" | "/s" | "";
  /** What one sample (ns, bytes, or a count) comes to in that unit. */
  readonly value: (sample: number) => number;
  /** Left out where more is neither better nor worse. */
  readonly better?: "less" | "more";
}

/** One contender's cell. */
interface Cell {
  readonly values: readonly number[];
  readonly failures: readonly string[];
}

export const inMs = (ns: number): number => ns / 1e6;
export const inSeconds = (ns: number): number => ns / 1e9;
export const inMiB = (bytes: number): number => bytes / 2 ** 20;
export const asIs = (count: number): number => count;
export const getsPerSecond = (batchNs: number): number => (batchSize * 1e9) / batchNs;
export const usPerGet = (batchNs: number): number => batchNs / batchSize / 1e3;

/** The table for people: median and p95 of every contender, and how ours stands to the best. */
export function comparisonText(rows: readonly Row[], results: readonly Result[]): string {
  const table = rows.map((row) => {
    const cells = contenderNames.map((contender) => cellOf(row, contender, results));
    return [unitLabel(row), ...cells.map((cell) => cellText(row, cell)), ratioText(row, cells)];
  });
  const head = ["median / p95", ...contenderNames, "ratio"];
  const lines = aligned([head, ...table]);
  const rule = "-".repeat(Math.max(...lines.map(({ length }) => length)));
  return `${[lines[0], rule, ...lines.slice(1)].join("\n")}\n\n${failuresText(results)}`;
}

function failuresText(results: readonly Result[]): string {
  const lines = results.map(({ trial, contender, answers }) => {
    const failures = answers.flatMap(({ failed }) => (failed === null ? [] : [failed]));
    if (failures.length === 0) return "";
    const times = `${failures.length} of ${answers.length} times`;
    const what = failures.join("; ");
    return `- ${contender} failed ${times} at ${trial.measure} ${trial.count}: ${what}\n`;
  });
  return lines.join("");
}

/** The same for programs, with every sample. */
export function comparisonRecord(rows: readonly Row[], results: readonly Result[]): object[] {
  return rows.map((row) => ({
    measure: row.label,
    unit: row.unit,
    better: row.better ?? null,
    contenders: Object.fromEntries(
      contenderNames.map((contender) => {
        const { values, failures } = cellOf(row, contender, results);
        const summary = values.length === 0 ? {} : { ...summaryOf(values), p95: tail(row, values) };
        return [contender, { ...summary, samples: values, failures }];
      }),
    ),
    ratio: ratio(
      row,
      contenderNames.map((contender) => cellOf(row, contender, results)),
    ),
  }));
}

function cellOf({ trial, samples, value }: Row, name: ContenderName, all: readonly Result[]): Cell {
  const answers = all
    .filter((result) => result.trial === trial && result.contender === name)
    .flatMap((result) => result.answers);
  return {
    values: answers.flatMap((answer) => (answer.samples[samples] ?? []).map(value)),
    failures: answers.flatMap((answer) =>
      answer.samples[samples] === undefined ? [answer.failed ?? "no samples"] : [],
    ),
  };
}

function cellText(row: Row, { values, failures }: Cell): string {
  if (values.length === 0) return "fails";
  const text = `${rounded(summaryOf(values).median)} / ${rounded(tail(row, values))}`;
  return failures.length === 0 ? text : `${text} (${failures.length} failed)`;
}

/** What 95 of 100 samples are no worse than. */
function tail({ better }: Row, values: readonly number[]): number {
  if (better !== "more") return summaryOf(values).p95;
  return -summaryOf(values.map((value) => -value)).p95;
}

/** How many times the best peer's cost ours is: below 1, ours is the cheapest. */
function ratio({ better }: Row, cells: readonly Cell[]): number | null {
  const [ours, ...peers] = cells.map(({ values }) =>
    values.length === 0 ? undefined : summaryOf(values).median,
  );
  const known = peers.filter((median) => median !== undefined);
  if (better === undefined || ours === undefined || known.length === 0) return null;
  return better === "less" ? ours / Math.min(...known) : Math.max(...known) / ours;
}

function ratioText(row: Row, cells: readonly Cell[]): string {
  const value = ratio(row, cells);
  return value === null ? "" : value.toFixed(2);
}

function unitLabel({ label, unit }: Row): string {
  return unit === "" ? label : `${label}, ${unit}`;
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** Three digits that mean something. */
function rounded(amount: number): string {
  if (Number.isInteger(amount) || Math.abs(amount) >= 100) return Math.round(amount).toString();
  return amount.toPrecision(3);
}
