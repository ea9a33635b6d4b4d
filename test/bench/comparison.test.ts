import { expect, test } from "bun:test";
import { compare } from "../../bench/comparison.ts";
import { mediansText, spreadText } from "../../bench/comparison-text.ts";
import type { Results, Samples } from "../../bench/measures/samples.ts";
import type { ContenderName } from "../../bench/peers/contender.ts";
import type { Aim, Row } from "../../bench/rows.ts";

function results(samples: Readonly<Partial<Record<ContenderName, Samples>>>): Results {
  const entries = Object.entries(samples) as [ContenderName, Samples][];
  return { samples: new Map(entries), failures: new Map() };
}

function row(id: string, ...aims: readonly Aim[]): Row {
  return { id, measure: `measure ${id}`, unit: "ms", aims };
}

const asFast: Aim = { kind: "ratio", most: 1, to: "best" };

test("comparison: ours is set against the fastest peer on ZooKeeper, not against etcd", () => {
  const all = [
    results({
      election: { a: [30, 10, 20] },
      kazoo: { a: [40] },
      Curator: { a: [80] },
      etcd: { a: [1] },
    }),
  ];
  const [compared] = compare([row("a", asFast)], all);
  expect(compared).toMatchObject({ ratio: 0.5, met: true, aim: "<= 1 x the best peer" });
  expect(compared?.cells.election).toMatchObject({ count: 3, median: 20, max: 30 });
});

test("comparison: one aim of two that is missed is missed", () => {
  const all = [results({ election: { a: [20] }, kazoo: { a: [40] } })];
  const most: Aim = { kind: "most", value: 10, of: "median" };
  const [compared] = compare([row("a", asFast, most)], all);
  expect(compared).toMatchObject({ met: false, aim: "<= 1 x the best peer, <= 10 ms" });
});

test("comparison: what must never happen is judged by its worst round", () => {
  const all = [results({ election: { a: [0, 0, 0, 2] } })];
  const [compared] = compare([row("a", { kind: "most", value: 0, of: "max" })], all);
  expect(compared).toMatchObject({ met: false, aim: "never above 0 ms" });
});

test("comparison: without the peers of a ratio there is no verdict", () => {
  const [compared] = compare([row("a", asFast)], [results({ election: { a: [1] } })]);
  expect(compared?.ratio).toBeUndefined();
  expect(compared?.met).toBeUndefined();
});

test("comparison: what shall not grow is judged by the row that it starts from", () => {
  const aim: Aim = { kind: "asIn", row: "few", what: "as with 3" };
  const verdict = (many: number): boolean | undefined => {
    const all = [results({ election: { few: [3] } }), results({ election: { many: [many] } })];
    return compare([row("few"), row("many", aim)], all)[1]?.met;
  };
  expect(verdict(3)).toBe(true);
  expect(verdict(4)).toBe(false);
});

test("comparison: a row of ours alone takes the peers' cells from another one", () => {
  const rows = [row("kill"), { ...row("released", asFast), peersFrom: "kill" }];
  const all = [
    results({ election: { kill: [4_000] }, kazoo: { kill: [4_000] } }),
    results({ election: { released: [100] } }),
  ];
  const [, released] = compare(rows, all);
  expect(released).toMatchObject({ ratio: 0.025, met: true });
});

test("comparison: rows that were not measured are left out", () => {
  expect(compare([row("a"), row("b")], [results({ election: { b: [1] } })])).toHaveLength(1);
});

test("comparison text: medians, spread, and an aim that is not met", () => {
  const all = [results({ election: { a: [30.25, 30.25, 31] }, kazoo: { a: [123.4, 120, 130] } })];
  const missed: Aim = { kind: "ratio", most: 0.1, to: "kazoo" };
  const table = compare([row("a", missed)], all);
  expect(mediansText(table).split("\n")).toEqual([
    "measure (medians)  election  kazoo  Curator  naive  etcd  ratio             aim  met",
    "-".repeat(84),
    "measure a, ms          30.3    123        -      -     -   0.25  <= 0.1 x kazoo   NO",
    "",
  ]);
  expect(spreadText(table)).toContain("measure a, ms       3     31 31  130 130");
});
