import type { Compared } from "../comparison.ts";
import { type ContenderName, contenderNames } from "../peers/contender.ts";
import { crowdSizes } from "../rows.ts";
import { decadesAround, decadesIn, linearScale, logScale, type Scale } from "./scale.ts";
import { colours, dot, faint, ink, line, path, picture, text } from "./svg.ts";

const panelWidth = 270;
const panelHeight = 230;
const top = 74;
const margin = { left: 52, right: 14 };
const legendHeight = 34;

interface Curve {
  readonly contender: ContenderName;
  readonly points: readonly (readonly [size: number, value: number])[];
}

interface Kind {
  readonly what: "ms" | "writes" | "watches";
  readonly title: string;
  readonly isLogarithmic: boolean;
}

const kinds: readonly Kind[] = [
  { what: "ms", title: "time, ms (logarithmic)", isLogarithmic: true },
  { what: "writes", title: "quorum writes (logarithmic)", isLogarithmic: true },
  { what: "watches", title: "watches fired", isLogarithmic: false },
];

/** What a hand-over costs, against the number of candidates: medians. */
export function scalePlot(table: readonly Compared[]): string {
  const width = kinds.length * panelWidth + 20;
  const height = top + panelHeight + 40 + legendHeight;
  const parts = [
    text(20, 26, "A hand-over by SIGTERM, against the number of candidates", {
      size: 16,
      weight: "bold",
    }),
    ...kinds.flatMap((kind, index) => panelOf(kind, curvesOf(table, kind.what), index)),
    ...legend(height - 14),
  ];
  return picture(width, height, "Cost of a hand-over against candidates", parts);
}

function curvesOf(table: readonly Compared[], what: Kind["what"]): readonly Curve[] {
  return contenderNames.flatMap((contender) => {
    const points = crowdSizes.flatMap((size) => {
      const cell = table.find(({ id }) => id === `term-${size}-${what}`)?.cells[contender];
      return cell === undefined ? [] : [[size, cell.median] as const];
    });
    return points.length === 0 ? [] : [{ contender, points }];
  });
}

function panelOf(kind: Kind, curves: readonly Curve[], index: number): readonly string[] {
  const from = 10 + index * panelWidth;
  const places = { from: from + margin.left, to: from + panelWidth - margin.right };
  const heights = { from: top + panelHeight, to: top };
  const x = logScale({ from: 2, to: 1_500 }, places);
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const decades = decadesAround(values);
  const most = Math.ceil(Math.max(...values)) + 1;
  const y: Scale = kind.isLogarithmic
    ? logScale(decades, heights)
    : linearScale({ from: 0, to: most }, heights);
  const ticks = kind.isLogarithmic
    ? decadesIn(decades)
    : Array.from({ length: most + 1 }, (_, tick) => tick);
  const grid = ticks.flatMap((tick) => [
    line([places.from, y(tick)], [places.to, y(tick)], faint),
    text(places.from - 8, y(tick) + 4, String(tick), { anchor: "end", size: 11 }),
  ]);
  const sizes = crowdSizes.map((size) =>
    text(x(size), heights.from + 18, String(size), { anchor: "middle", size: 11 }),
  );
  return [
    text(from + margin.left, top - 14, kind.title, { size: 13 }),
    ...grid,
    line([places.from, heights.from], [places.to, heights.from], ink),
    ...sizes,
    // Ours last, so that it lies on top, and the dots below larger, so that they are seen.
    ...curves.toReversed().flatMap(({ contender, points }, below) => {
      const placed = points.map(([size, value]) => [x(size), y(value)] as const);
      const colour = colours[contender];
      const radius = 4 + 0.8 * (curves.length - 1 - below);
      return [path(placed, colour), ...placed.map(([px, py]) => dot(px, py, radius, colour))];
    }),
  ];
}

function legend(y: number): readonly string[] {
  return contenderNames.flatMap((contender, index) => {
    const x = 70 + index * 120;
    const colour = colours[contender];
    return [dot(x, y - 4, 5, colour), text(x + 12, y, contender, { colour, weight: "bold" })];
  });
}
