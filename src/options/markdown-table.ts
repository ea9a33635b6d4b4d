import { fallbackText, type OptionMap, variableOf } from "./option.ts";

/** The options as a table in Markdown, its columns aligned as the formatter would align them. */
export function optionsTable(options: OptionMap): string {
  const rows = [
    ["Flag", "Variable", "Value", "Default", "Meaning"],
    ...Object.values(options).map((option) => [
      option.variableOnly === undefined ? code(`--${option.flag}`) : "none",
      code(variableOf(option.flag)),
      option.unit.replaceAll("|", ", "),
      fallbackText(option.fallback, code),
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
