import type { Compared } from "../comparison.ts";
import { figure } from "../comparison-text.ts";
import { type ContenderName, contenderNames } from "../peers/contender.ts";
import { decadesAround, decadesIn, logScale, type Scale } from "./scale.ts";
import { colours, dot, faint, ink, line, picture, text } from "./svg.ts";

const width = 760;
const left = 165;
const right = 100;
const stripHeight = 34;
const headHeight = 46;
const footHeight = 46;
/** How far dots are put apart, so that equal ones are all seen. */
const jitter = 8;

interface Strip {
  readonly label: string;
  readonly contender: ContenderName;
  readonly samples: readonly number[];
  readonly median: number;
}

interface Panel {
  readonly title: string;
  readonly strips: readonly Strip[];
}

/** Every round of every contender as a dot, on one logarithmic axis. */
export function handOverPlot(table: readonly Compared[]): string {
  const panels = [
    panel("SIGTERM of the leader, 3 candidates", stripsOf(table, "term-3-ms")),
    panel("SIGKILL of the leader, which is started again after 100 ms; session of 4 s", [
      ...stripsOf(table, "kill-released-ms")
        .filter(({ contender }) => contender === "election")
        .map((strip) => ({ ...strip, label: "election --state-dir" })),
      ...stripsOf(table, "kill-ms"),
    ]),
  ];
  const values = panels.flatMap(({ strips }) => strips.flatMap(({ samples }) => samples));
  const span = decadesAround(values);
  const x = logScale(span, { from: left, to: width - right });
  const parts: string[] = [
    text(20, 26, "Time until the next leader's first file", { size: 16, weight: "bold" }),
  ];
  let top = headHeight;
  for (const one of panels) {
    parts.push(...drawn(one, top, x, decadesIn(span)));
    top += heightOf(one);
  }
  const caption = "one dot a round, bar: median, logarithmic";
  parts.push(text(width - 20, top + 4, caption, { anchor: "end", size: 11 }));
  return picture(width, top + 18, "Hand-over time of each contender", parts);
}

function panel(title: string, strips: readonly Strip[]): Panel {
  return { title, strips };
}

function heightOf({ strips }: Panel): number {
  return 24 + strips.length * stripHeight + footHeight;
}

function stripsOf(table: readonly Compared[], id: string): readonly Strip[] {
  const cells = table.find((row) => row.id === id)?.cells ?? {};
  return contenderNames.flatMap((contender) => {
    const cell = cells[contender];
    return cell === undefined ? [] : [{ label: contender, contender, ...cell }];
  });
}

function drawn(
  { title, strips }: Panel,
  top: number,
  x: Scale,
  ticks: readonly number[],
): readonly string[] {
  const first = top + 24;
  const bottom = first + strips.length * stripHeight;
  const axis = ticks.flatMap((tick) => [
    line([x(tick), first], [x(tick), bottom], faint),
    text(x(tick), bottom + 16, durationText(tick), { anchor: "middle", size: 11 }),
  ]);
  const rows = strips.flatMap((strip, index) => {
    const y = first + (index + 0.5) * stripHeight;
    const colour = colours[strip.contender];
    return [
      text(left - 12, y + 4, strip.label, { anchor: "end", colour, weight: "bold" }),
      ...strip.samples.map((sample, round) => {
        return dot(x(sample), y + (((round * 5) % 3) - 1) * jitter, 3.5, colour, 0.55);
      }),
      line([x(strip.median), y - 13], [x(strip.median), y + 13], ink, 2),
      text(width - 20, y + 4, `${figure(strip.median)} ms`, { anchor: "end" }),
    ];
  });
  const head = text(width - 20, top + 8, "median", { anchor: "end" });
  return [text(20, top + 8, title, { size: 13 }), head, ...axis, ...rows];
}

function durationText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}
