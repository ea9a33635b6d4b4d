import type { Compared } from "./comparison.ts";
import { contenderNames } from "./peers/contender.ts";
import { alignedText } from "./report.ts";

/** Medians side by side: what is compared. */
export function mediansText(table: readonly Compared[]): string {
  const head = ["measure (medians)", ...contenderNames, "ratio", "aim", "met"];
  const lines = table.map(({ measure, unit, cells, ratio, aim, met }) => [
    unit === "" ? measure : `${measure}, ${unit}`,
    ...contenderNames.map((name) => figure(cells[name]?.median)),
    ratio === undefined ? "" : ratio.toFixed(2),
    aim,
    met === undefined ? "" : met ? "yes" : "NO",
  ]);
  return alignedText([head, ...lines]);
}

/** How far the rounds are apart: of what is measured more than once, and differs. */
export function spreadText(table: readonly Compared[]): string {
  const head = ["measure (p95, max)", "n", ...contenderNames];
  const lines = table
    .filter(({ cells }) => Object.values(cells).some(({ count }) => count > 2))
    .map(({ measure, unit, cells }) => [
      unit === "" ? measure : `${measure}, ${unit}`,
      String(Math.max(...Object.values(cells).map(({ count }) => count))),
      ...contenderNames.map((name) => {
        const cell = cells[name];
        return cell === undefined ? "-" : `${figure(cell.p95)} ${figure(cell.max)}`;
      }),
    ]);
  return alignedText([head, ...lines]);
}

/** Three digits that count, as far as there are some. */
export function figure(amount: number | undefined): string {
  if (amount === undefined) return "-";
  if (Number.isInteger(amount)) return String(amount);
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(1);
}
