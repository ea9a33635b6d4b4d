import type { Row } from "./comparison.ts";
import { asIs, getsPerSecond, inMiB, inMs, inSeconds, usPerGet } from "./comparison.ts";
import type { Trial } from "./trial.ts";

const single: Trial = { measure: "single", count: 300 };
const pipeline: Trial = { measure: "pipeline", count: 25 };
const watches: Trial = { measure: "watches", count: 10_000 };
/** Their paths fit into one frame of a server's usual limit, 1 MB; those of 50,000 do not. */
const fitting: Trial = { measure: "reconnect", count: 20_000 };
const exceeding: Trial = { measure: "reconnect", count: 50_000 };

export const trials: readonly Trial[] = [single, pipeline, watches, fitting, exceeding];

export const rows: readonly Row[] = [
  latency("create", "create"),
  latency("get", "get"),
  latency("delete", "delete"),
  {
    label: "pipelined gets",
    trial: pipeline,
    samples: "batch",
    unit: "/s",
    value: getsPerSecond,
    better: "more",
  },
  {
    label: "processor time of one of them",
    trial: pipeline,
    samples: "processor",
    unit: "µs",
    value: usPerGet,
    better: "less",
  },
  cost("10,000 watches told", watches, "told"),
  cost("processor time of that", watches, "processor"),
  ...reconnectRows("20,000", fitting),
  ...reconnectRows("50,000", exceeding),
  {
    label: "50,000 watches set",
    trial: exceeding,
    samples: "armed",
    unit: "s",
    value: inSeconds,
    better: "less",
  },
  {
    label: "resident memory with them",
    trial: exceeding,
    samples: "memory",
    unit: "MiB",
    value: inMiB,
    better: "less",
  },
];

export const notes: readonly string[] = [
  "Every cell is one client in a new process and a new session of 10 s, connected to one and the " +
    "same follower; data of 100 bytes; durations by the client's own monotonic clock. Ratio: ours " +
    "to the best peer, by medians; below 1, ours is the best.",
  "Latency: one operation after the other. Pipelined: batches of 1,000 gets of 1,000 nodes, each " +
    "sent at once and waited for as a whole; of a rate, p95 is what 95 of 100 batches reach.",
  "Watches told: from asking this program to write to 10,000 nodes (4 commits) until the last of " +
    "10,000 watches is told.",
  "Reconnect: from asking a relay to reset the connection until a change is told that the client " +
    "itself made once it was connected again. Afterwards 100 other watched nodes are written to; " +
    "kept says how many of these watches are told. kazoo forgets its watches with the connection; " +
    "its program reads all nodes again, pipelined.",
];

function latency(label: string, samples: string): Row {
  return { label, trial: single, samples, unit: "ms", value: inMs, better: "less" };
}

function cost(label: string, trial: Trial, samples: string): Row {
  return { label, trial, samples, unit: "ms", value: inMs, better: "less" };
}

function reconnectRows(size: string, trial: Trial): readonly Row[] {
  return [
    cost(`cut off with ${size} watches: connected again`, trial, "connected"),
    cost("  a change is told", trial, "told"),
    cost("  processor time of that", trial, "processor"),
    { label: "  kept, of 100", trial, samples: "kept", unit: "", value: asIs },
  ];
}
