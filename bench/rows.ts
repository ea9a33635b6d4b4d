import type { ContenderName } from "./peers/contender.ts";

/** What a row should come to. */
export type Aim =
  /** Ours at most this. */
  | { readonly kind: "most"; readonly value: number; readonly of: "median" | "max" }
  /** Our median at most so many times the best one of the ZooKeeper peers, or of one of them. */
  | { readonly kind: "ratio"; readonly most: number; readonly to: "best" | ContenderName }
  /** Our median at most that of another row: what does not grow. */
  | { readonly kind: "asIn"; readonly row: string; readonly what: string };

/** One line of the table. */
export interface Row {
  readonly id: string;
  readonly measure: string;
  readonly unit: "ms" | "MiB" | "";
  readonly aims: readonly Aim[];
  /** The row that peers' cells are taken from, where only ours has something of its own. */
  readonly peersFrom?: string;
}

export const crowdSizes = [3, 50, 200, 1_000] as const;

const asFast: Aim = { kind: "ratio", most: 1, to: "best" };
const never: Aim = { kind: "most", value: 0, of: "max" };

export const rows: readonly Row[] = [
  row("start-ms", "start to its first file", "ms", asFast, most(250)),
  row("term-3-ms", "SIGTERM to the successor's first file", "ms", asFast, most(30)),
  row("kill-ms", "SIGKILL to it, the session runs out", "ms"),
  {
    ...row("kill-released-ms", "SIGKILL to it, restarted with --state-dir", "ms", {
      kind: "ratio",
      most: 0.1,
      to: "best",
    }),
    peersFrom: "kill-ms",
  },
  row("hole-stop-ms", "black-holed leader: its last file after", "ms"),
  row("hole-next-ms", "black-holed leader: the next one's first file", "ms"),
  row("hole-overlap-ms", "black-holed leader: both act for", "ms", never),
  row("pause-effects", "SIGSTOP of two sessions: files after SIGCONT", ""),
  row("pause-beyond", "... that were not under way before", "", never),
  row("ensemble-leader-ms", "ensemble's leader killed: nobody leads for", "ms"),
  row("ensemble-restart-ms", "all servers killed, restarted: nobody leads for", "ms"),
  ...crowdSizes.slice(1).map((size) => {
    return row(`term-${size}-ms`, `SIGTERM, ${size} candidates`, "ms", asFast, most(30));
  }),
  ...crowdSizes.map((size) => {
    return row(
      `term-${size}-writes`,
      `quorum writes of it, ${size} candidates`,
      "",
      ...asWith3("writes", size),
    );
  }),
  ...crowdSizes.map((size) => {
    return row(
      `term-${size}-watches`,
      `watches fired by it, ${size} candidates`,
      "",
      ...asWith3("watches", size),
    );
  }),
  ...crowdSizes.map((size) => {
    return row(`term-${size}-requests`, `requests meanwhile, ${size} candidates`, "");
  }),
  row("waiting-resident", "waiting: resident memory", "MiB", most(45)),
  row("waiting-proportional", "waiting: proportional memory", "MiB"),
  row("waiting-processor", "waiting: processor time a minute", "ms", {
    kind: "ratio",
    most: 1,
    to: "kazoo",
  }),
  row("waiting-requests", "waiting: requests a minute", ""),
  row("waiting-writes", "waiting: quorum writes a minute", "", most(0)),
  row("leader-resident", "leader: resident memory", "MiB"),
  row("leader-proportional", "leader: proportional memory", "MiB"),
  row("leader-processor", "leader: processor time a minute", "ms"),
  row("leader-requests", "leader: requests a minute", ""),
  row("leader-writes", "leader: quorum writes a minute", ""),
];

function row(id: string, measure: string, unit: Row["unit"], ...aims: readonly Aim[]): Row {
  return { id, measure, unit, aims };
}

function most(value: number): Aim {
  return { kind: "most", value, of: "median" };
}

function asWith3(what: string, size: number): readonly Aim[] {
  return size === 3 ? [] : [{ kind: "asIn", row: `term-3-${what}`, what: "as with 3" }];
}
