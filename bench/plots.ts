import { join } from "node:path";
import { handOverPlot } from "./plots/hand-over-plot.ts";
import { scalePlot } from "./plots/scale-plot.ts";
import type { BenchRecord } from "./record.ts";

/**
 * Draws the pictures of docs/benchmarks.md and puts the report there, all from one run.
 *   bun bench/plots.ts [FILE]     FILE is dist/bench.json without it
 */

const docs = join(import.meta.dir, "../docs");
const marked = /(<!-- report -->\n)[\s\S]*(<!-- \/report -->)/u;

const file = process.argv[2] ?? "dist/bench.json";
const { rows, text } = (await Bun.file(file).json()) as BenchRecord;
await Bun.write(join(docs, "bench-hand-over.svg"), handOverPlot(rows));
await Bun.write(join(docs, "bench-scale.svg"), scalePlot(rows));
const page = Bun.file(join(docs, "benchmarks.md"));
const block = `\n\`\`\`text\n${text}\`\`\`\n\n`;
await page.write(
  (await page.text()).replace(marked, (_all, before, after) => `${before}${block}${after}`),
);
