import type { Figure } from "./figure.ts";
import type { Machine } from "./machine.ts";
import { summaryOf } from "./statistics.ts";

const columns = ["measure", "n", "median", "p95", "max", "aim", "met"] as const;

export function machineText(machine: Machine): string {
  const { date, cores, processor, memoryGiB, kernel, fileSystem, bun, zookeeper, peers, load } =
    machine;
  return [
    `${date}, load ${load.toFixed(1)} before`,
    `${cores} cores of ${processor}, ${memoryGiB} GiB, Linux ${kernel}, files on ${fileSystem}`,
    `Bun ${bun}, ZooKeeper ${zookeeper}: three servers on loopback, forceSync=no, tickTime=500`,
    Object.entries(peers)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
    "",
  ].join("\n");
}

/** The table for people. */
export function tableText(figures: readonly Figure[]): string {
  return alignedText([columns, ...figures.map(rowOf)]);
}

/** A table whose first row is its head: the first column to the left, numbers to the right. */
export function alignedText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = "-".repeat(Math.max(...lines.map(({ length }) => length)));
  return `${[lines[0], rule, ...lines.slice(1)].join("\n")}\n`;
}

export function notesText(notes: readonly string[]): string {
  return notes.map((note) => `- ${note}\n`).join("");
}

/** The same for programs, with every sample. */
export function figureRecord(figure: Figure): object {
  const aim = figure.aim ?? null;
  return { ...figure, aim, ...summaryOf(figure.samples), met: isMet(figure) ?? null };
}

/** Whether the median reaches the aim; undefined without one. */
export function isMet({ samples, aim }: Figure): boolean | undefined {
  return aim === undefined ? undefined : summaryOf(samples).median <= aim;
}

function rowOf(figure: Figure): readonly string[] {
  const { count, median, p95, max } = summaryOf(figure.samples);
  const value = (amount: number): string => `${rounded(amount)} ${figure.unit}`.trimEnd();
  const met = isMet(figure);
  return [
    figure.measure,
    String(count),
    value(median),
    count === 1 ? "" : value(p95),
    count === 1 ? "" : value(max),
    figure.aim === undefined ? "" : value(figure.aim),
    met === undefined ? "" : met ? "yes" : "NO",
  ];
}

function rounded(amount: number): string {
  return Number.isInteger(amount) ? String(amount) : amount.toFixed(1);
}
