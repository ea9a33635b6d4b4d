import { unreachable } from "../src/base/unreachable.ts";
import type { Results } from "./measures/samples.ts";
import { type ContenderName, contenderNames, zooKeeperPeers } from "./peers/contender.ts";
import type { Aim, Row } from "./rows.ts";
import { type Summary, summaryOf } from "./statistics.ts";

/** One contender's part of a row. */
export interface Cell extends Summary {
  readonly samples: readonly number[];
}

/** A row with its figures. */
export interface Compared {
  readonly id: string;
  readonly measure: string;
  readonly unit: Row["unit"];
  readonly cells: Readonly<Partial<Record<ContenderName, Cell>>>;
  /** Our median over the least one of the ZooKeeper peers; undefined where there is none. */
  readonly ratio: number | undefined;
  /** In words. */
  readonly aim: string;
  /** Undefined without an aim, or without figures that tell. */
  readonly met: boolean | undefined;
}

/** Everything that was measured, in the order of the rows. */
export function compare(rows: readonly Row[], all: readonly Results[]): readonly Compared[] {
  const cellsOf = (id: string): Compared["cells"] => cellsIn(all, id);
  return rows.flatMap((row) => {
    const own = cellsOf(row.id);
    const cells = row.peersFrom === undefined ? own : { ...cellsOf(row.peersFrom), ...own };
    const isEmpty = Object.values(own).length === 0;
    return isEmpty ? [] : [compared(row, cells, cellsOf)];
  });
}

function compared(
  { id, measure, unit, aims }: Row,
  cells: Compared["cells"],
  cellsOf: (id: string) => Compared["cells"],
): Compared {
  const verdicts = aims.map((aim) => isMet(aim, cells, cellsOf));
  const known = verdicts.filter((verdict) => verdict !== undefined);
  return {
    id,
    measure,
    unit,
    cells,
    ratio: ratioTo("best", cells),
    aim: aims.map((aim) => aimText(aim, unit)).join(", "),
    // One aim that is missed is told even where another cannot be judged.
    met: known.includes(false)
      ? false
      : known.length < aims.length || known.length === 0
        ? undefined
        : true,
  };
}

/** Undefined where the figures are missing that would tell. */
function isMet(
  aim: Aim,
  cells: Compared["cells"],
  cellsOf: (id: string) => Compared["cells"],
): boolean | undefined {
  const ours = cells.election;
  switch (aim.kind) {
    case "most":
      return ours && ours[aim.of] <= aim.value;
    case "ratio": {
      const ratio = ratioTo(aim.to, cells);
      return ratio === undefined ? undefined : ratio <= aim.most;
    }
    case "asIn": {
      const other = cellsOf(aim.row).election;
      return ours && other && ours.median <= other.median;
    }
    default:
      return unreachable(aim);
  }
}

function ratioTo(to: "best" | ContenderName, cells: Compared["cells"]): number | undefined {
  const ours = cells.election?.median;
  const peers = to === "best" ? zooKeeperPeers : [to];
  const medians = peers.flatMap((peer) => cells[peer]?.median ?? []);
  const best = Math.min(...medians);
  return ours === undefined || medians.length === 0 || best === 0 ? undefined : ours / best;
}

function aimText(aim: Aim, unit: Row["unit"]): string {
  switch (aim.kind) {
    case "most": {
      const value = `${aim.value} ${unit}`.trimEnd();
      return aim.of === "max" ? `never above ${value}` : `<= ${value}`;
    }
    case "ratio":
      return `<= ${aim.most} x ${aim.to === "best" ? "the best peer" : aim.to}`;
    case "asIn":
      return aim.what;
    default:
      return unreachable(aim);
  }
}

function cellsIn(all: readonly Results[], id: string): Compared["cells"] {
  const entries = contenderNames.flatMap((name) => {
    const samples = all.flatMap((results) => results.samples.get(name)?.[id] ?? []);
    return samples.length === 0 ? [] : [[name, { samples, ...summaryOf(samples) }] as const];
  });
  return Object.fromEntries(entries) as Compared["cells"];
}
