import * as fc from "fast-check";
import type { ReplicaInfo } from "../../../src/election/ports/coordinator.ts";
import { jsonLine } from "../../../src/telemetry/log/json-line.ts";
import type { LogEntry } from "../../../src/telemetry/log/log-entry.ts";
import { prettyLine } from "../../../src/telemetry/log/pretty-line.ts";
import { replicaOf, sequenceOf } from "../../../src/coordination/zookeeper/leadership/line.ts";
import type { LeaseNote } from "../../../src/coordination/zookeeper/leadership/records.ts";
import {
  decodeReplica,
  decodeLeaseNote,
} from "../../../src/coordination/zookeeper/leadership/records.ts";
import {
  encodeReplica,
  encodeLeaseNote,
} from "../../../src/coordination/zookeeper/leadership/records.ts";
import { anyBytes, anyInt, anyText, isObeyed, textOf } from "../hostile-texts.ts";
import { hold, same, syncTarget, type Target } from "../target.ts";

const longestLeaseMs = 24 * 60 * 60 * 1000;

const anyReplica = fc.record({
  replica: anyText,
  host: anyText,
  pid: fc.integer(),
  httpAddress: fc.option(anyText),
  since: anyText,
}) as unknown as fc.Arbitrary<ReplicaInfo>;

const anyTerm: fc.Arbitrary<LeaseNote> = fc.oneof(
  fc.constant({ state: "released" } as const),
  fc.record({ state: fc.constant("held" as const), leaseMs: anyLease() }),
  fc.record({
    state: fc.constant("held" as const),
    leaseMs: anyLease(),
    epoch: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
  }),
);

/** JSON with the fields that are looked for and values of every kind; cut off at times. */
export const anyRecord: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .tuple(
      fc.dictionary(
        fc.constantFrom("state", "leaseMs", "epoch", "replica", "host", "pid", "since", "x"),
        fc.oneof(fc.constantFrom("held", "released", 1e300, -1, 0, null, "9".repeat(30)), anyInt),
      ),
      fc.nat(20),
    )
    .map(([fields, cut]) => encoded(JSON.stringify(fields).slice(0, cut < 18 ? undefined : cut))),
  textOf(
    '{"state":"held","leaseMs":',
    "1e999",
    "1",
    "}",
    '{"state":"released"}',
    "[",
    "null",
    ",",
  ).map(encoded),
  anyBytes,
);

const entryName = textOf("replica-", "-", "0000000001", "-0000000002", "x", "9999999999");

/** What other replicas, or a meddler, write into the nodes; and where it is shown to people. */
export const recordTargets: readonly Target[] = [
  syncTarget("records", 80, anyRecord, (bytes) => {
    const term = decodeLeaseNote(bytes);
    if (term !== undefined)
      same(decodeLeaseNote(encodeLeaseNote(term)), term, "the term comes back");
    if (term?.state === "held") {
      hold(term.leaseMs > 0 && term.leaseMs <= longestLeaseMs, "the lease has a bound");
      hold(term.epoch === undefined || BigInt(term.epoch) >= 0n, "the epoch is a number");
    }
    const replica = decodeReplica(bytes);
    if (replica !== undefined) JSON.stringify(replica);
  }),
  syncTarget("terms, there and back", 30, anyTerm, (term) => {
    same(decodeLeaseNote(encodeLeaseNote(term)), term, "round trip");
  }),
  syncTarget("replicas, there and back", 30, anyReplica, (replica) => {
    const back = decodeReplica(encodeReplica(replica));
    same(back, replica, "round trip");
  }),
  syncTarget("names in the line", 30, fc.array(entryName, { maxLength: 8 }), (names) => {
    for (const name of names) {
      hold(sequenceOf(name) >= 0, "a number");
      hold(name.startsWith(replicaOf(name)), "the replica's part of the name");
    }
    const sorted = names.toSorted((one, other) => sequenceOf(one) - sequenceOf(other));
    same(sorted.length, names.length, "nobody is lost");
  }),
  syncTarget("log lines", 30, fc.tuple(anyText, anyText, anyText), ([message, field, replica]) => {
    const entry: LogEntry = {
      time: new Date(0),
      level: "warn",
      state: "Init",
      replica,
      event: "notice",
      fields: { detail: field, count: 1n },
      message,
    };
    const pretty = prettyLine(entry, false);
    hold(!isObeyed(pretty) && !pretty.includes("\n"), "a terminal would obey the line");
    const json = jsonLine(entry);
    hold(!json.includes("\n"), "one line");
    same(JSON.parse(json), { ...(JSON.parse(json) as object), msg: message }, "the message");
  }),
];

function anyLease(): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: longestLeaseMs });
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
