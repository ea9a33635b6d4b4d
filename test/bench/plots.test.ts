import { expect, test } from "bun:test";
import { compare } from "../../bench/comparison.ts";
import type { Samples } from "../../bench/measures/samples.ts";
import type { ContenderName } from "../../bench/peers/contender.ts";
import { handOverPlot } from "../../bench/plots/hand-over-plot.ts";
import { decadesAround, decadesIn, linearScale, logScale } from "../../bench/plots/scale.ts";
import { scalePlot } from "../../bench/plots/scale-plot.ts";
import { rows } from "../../bench/rows.ts";

test("scale: equal factors take equal room, and 0 is drawn at the lower end", () => {
  const x = logScale({ from: 1, to: 100 }, { from: 0, to: 200 });
  expect([1, 10, 100].map(x)).toEqual([0, 100, 200]);
  expect(x(0)).toBe(0);
});

test("scale: a linear one may run downwards", () => {
  const y = linearScale({ from: 0, to: 4 }, { from: 80, to: 0 });
  expect([0, 1, 4].map(y)).toEqual([80, 60, 0]);
});

test("scale: decades enclose all values, and are one at least", () => {
  expect(decadesAround([3, 420, 0])).toEqual({ from: 1, to: 1_000 });
  expect(decadesAround([10])).toEqual({ from: 10, to: 100 });
  expect(decadesIn({ from: 0.1, to: 100 })).toEqual([0.1, 1, 10, 100]);
});

test("plots: every round is a dot, and whoever was not measured is left out", () => {
  const samples = new Map<ContenderName, Samples>([
    ["election", { "term-3-ms": [10, 12], "kill-ms": [4_000], "kill-released-ms": [140] }],
    ["kazoo", { "term-3-ms": [9, 11, 13], "kill-ms": [4_100] }],
  ]);
  const svg = handOverPlot(compare(rows, [{ samples, failures: new Map() }]));
  expect(svg.match(/<circle /gu)).toHaveLength(8);
  expect(svg).toContain("election --state-dir");
  expect(svg).not.toContain("Curator");
  expect(svg).not.toContain("NaN");
});

test("plots: cost against candidates has a point for every size that was measured", () => {
  const samples = new Map<ContenderName, Samples>([
    [
      "election",
      Object.fromEntries(
        [3, 50].flatMap((size) =>
          ["ms", "writes", "watches"].map((what) => [`term-${size}-${what}`, [size]] as const),
        ),
      ),
    ],
  ]);
  const svg = scalePlot(compare(rows, [{ samples, failures: new Map() }]));
  // Six points, and five dots of the legend.
  expect(svg.match(/<circle /gu)).toHaveLength(11);
  expect(svg).not.toContain("NaN");
});
