import { type AnyOption, fallbackText, variableOf } from "./option.ts";
import { options } from "../daemon/options.ts";

/** The options as a table in Markdown, its columns aligned as the formatter would align them. */
export function optionsTable(): string {
  const all: readonly AnyOption[] = Object.values(options);
  const rows = [
    ["Flag", "Variable", "Value", "Default", "Meaning"],
    ...all.map((option) => [
      option.variableOnly ? "none" : code(`--${option.flag}`),
      code(variableOf(option.flag)),
      option.unit.replaceAll("|", ", "),
      option.fallback.kind === "text" ? code(option.fallback.text) : fallbackText(option.fallback),
      option.help,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))),
  );
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
