import * as fc from "fast-check";
import { MultiError } from "../../../src/zookeeper/errors.ts";
import type { MultiOperation } from "../../../src/zookeeper/multi.ts";
import { multiBody, readMultiResults } from "../../../src/zookeeper/multi.ts";
import { Namespace } from "../../../src/zookeeper/namespace.ts";
import { errorMeaning } from "../../../src/zookeeper/protocol/error-codes.ts";
import { FrameReader } from "../../../src/zookeeper/protocol/frames.ts";
import type { Acl } from "../../../src/zookeeper/protocol/records.ts";
import {
  readAcl,
  readIdentity,
  readStat,
  writeAcl,
} from "../../../src/zookeeper/protocol/records.ts";
import { readConnectResponse, readNodeEvent } from "../../../src/zookeeper/protocol/replies.ts";
import { readReply } from "../../../src/zookeeper/protocol/replies.ts";
import { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import { anyBytes, anyInt, anyLong, anyText } from "../hostile-texts.ts";
import { anyMove, framed, play } from "./moves.ts";
import { recording } from "./recorded-server.ts";
import { hold, same, syncTarget, type Target } from "../target.ts";

const largestFrame = 300;
const operations: readonly MultiOperation[] = [
  { kind: "create", path: "/a", data: new Uint8Array() },
  { kind: "set", path: "/a", data: new Uint8Array() },
  { kind: "check", path: "/a", version: 1 },
];

/** A recorded frame that was tampered with, or bytes of any kind. */
const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...recording.frames), fc.array(anyMove, { maxLength: 3 }))
    .map(([frame, moves]) =>
      moves.reduce((bytes, move) => play(move, bytes).bytes.slice(4), frame),
    ),
  anyBytes,
);

type Field =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "long"; readonly value: bigint }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "buffer"; readonly value: Uint8Array }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "acl"; readonly value: readonly Acl[] };

/** Halves of characters have no bytes of their own, so they cannot come back. */
const wellFormed = anyText.map((text) => text.toWellFormed());
const anyAcl = fc.record({ permissions: anyInt, scheme: wellFormed, id: wellFormed });
const anyField: fc.Arbitrary<Field> = fc.oneof(
  anyInt.map((value): Field => ({ kind: "int", value })),
  anyLong.map((value): Field => ({ kind: "long", value })),
  fc.boolean().map((value): Field => ({ kind: "boolean", value })),
  anyBytes.map((value): Field => ({ kind: "buffer", value })),
  wellFormed.map((value): Field => ({ kind: "string", value })),
  fc.array(anyAcl, { maxLength: 3 }).map((value): Field => ({ kind: "acl", value })),
);

/** Everything that turns the bytes of a server into values. */
export const wireTargets: readonly Target[] = [
  syncTarget("wire values, there and back", 60, fc.array(anyField, { maxLength: 8 }), (fields) => {
    const writer = new WireWriter(1);
    for (const field of fields) write(writer, field);
    const reader = new WireReader(writer.finish());
    same(
      fields.map(({ kind }) => read(reader, kind)),
      fields.map(({ value }) => value),
      "values",
    );
    same([reader.malformed, reader.remaining], [false, 0], "all was read");
  }),
  syncTarget("wire values", 80, fc.tuple(payload, fc.array(anyField)), ([bytes, fields]) => {
    const reader = new WireReader(bytes);
    for (const { kind } of fields) {
      const before = reader.remaining;
      read(reader, kind);
      hold(reader.remaining >= 0 && reader.remaining <= before, "the reader goes forwards");
    }
  }),
  syncTarget("answers", 120, fc.tuple(payload, anyInt), ([bytes, code]) => {
    readConnectResponse(bytes);
    readReply(bytes);
    hold(errorMeaning(code).code.length > 0, "every code has a name");
    const body = (): WireReader => readReply(bytes)?.body ?? new WireReader(bytes);
    readNodeEvent(body());
    readStat(body());
    for (const element of [readAcl, readIdentity, (reader: WireReader) => reader.string()]) {
      const found = body().vector<unknown>(element);
      hold(found.length <= bytes.length, "no more elements than bytes");
    }
    const results = readMultiResults(body(), operations, new Namespace("/golden"));
    // A result that is none is the last one: the answer is refused then.
    const most = bytes.length + 1;
    hold(results instanceof MultiError || results.length <= most, "no more results than bytes");
  }),
  syncTarget("multi requests", 30, fc.array(anyOperation(), { maxLength: 4 }), (asked) => {
    const bytes = multiBody(asked);
    hold(new WireReader(bytes).remaining === bytes.length, "a body");
    const end = new Uint8Array([255, 255, 255, 255, 1, 255, 255, 255, 255]);
    same(bytes.slice(-9), end, "its end");
  }),
  syncTarget("frames, there and back", 60, streamOf(fc.uint8Array({ maxLength: 80 })), (given) => {
    const stream = Buffer.concat(given.parts.map(framed));
    const { frames, malformed } = cut(stream, given.pieces);
    same(malformed, undefined, "all is well");
    same(
      frames.map((frame) => [...frame]),
      given.parts.map((part) => [...part]),
      "frames",
    );
  }),
  syncTarget(
    "frames",
    80,
    streamOf(fc.oneof(anyBytes, fc.tuple(anyInt, anyBytes).map(announced))),
    ({ parts, pieces }) => {
      const stream = Buffer.concat([...parts]);
      const whole = cut(stream, []);
      const split = cut(stream, pieces);
      same(split, whole, "the same however the stream is split");
      const bytes = whole.frames.reduce((sum, frame) => sum + frame.length + 4, 0);
      hold(bytes <= stream.length, "no more out than in");
      const [expected, isRight] = framesOf(stream);
      same(whole.frames, expected, "the frames");
      same(whole.malformed === undefined, isRight, "whether all lengths are right");
      for (const frame of whole.frames) hold(frame.length <= largestFrame, "no frame is too large");
    },
  ),
];

function write(writer: WireWriter, field: Field): void {
  if (field.kind === "acl") writer.vector(field.value, writeAcl);
  else if (field.kind === "int") writer.int(field.value);
  else if (field.kind === "long") writer.long(field.value);
  else if (field.kind === "boolean") writer.boolean(field.value);
  else if (field.kind === "buffer") writer.buffer(field.value);
  else writer.string(field.value);
}

function read(reader: WireReader, kind: Field["kind"]): Field["value"] {
  return kind === "acl" ? reader.vector(readAcl) : reader[kind]();
}

function anyOperation(): fc.Arbitrary<MultiOperation> {
  const fields = { path: anyText, data: anyBytes, version: anyInt };
  return fc.oneof(
    fc.record({ kind: fc.constant("create" as const), path: fields.path, data: fields.data }),
    fc.record({ kind: fc.constant("set" as const), ...fields }),
    fc.record({ kind: fc.constant("check" as const), path: anyText, version: anyInt }),
    fc.record({ kind: fc.constant("delete" as const), path: anyText }),
  );
}

/** Bytes behind any length at all. */
function announced([length, bytes]: readonly [number, Uint8Array]): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeInt32BE(length);
  return new Uint8Array(Buffer.concat([header, bytes]));
}

function streamOf(part: fc.Arbitrary<Uint8Array>) {
  return fc.record({
    parts: fc.array(part, { maxLength: 5 }),
    pieces: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 }),
  });
}

/** The frames of a stream by the plainest reading of the rule, and whether it holds for them. */
function framesOf(stream: Buffer): readonly [readonly Uint8Array[], boolean] {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= stream.length) {
    const length = stream.readInt32BE(at);
    if (length < 0 || length > largestFrame) return [frames, false];
    if (at + 4 + length > stream.length) break;
    frames.push(new Uint8Array(stream.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return [frames, true];
}

/** Feeds the stream in pieces of these sizes, over and over; without sizes, in one. */
function cut(stream: Uint8Array, sizes: readonly number[]) {
  const reader = new FrameReader(largestFrame);
  const frames: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < stream.length; index += 1) {
    const size = sizes[index % sizes.length] ?? stream.length;
    for (const frame of reader.push(stream.slice(at, at + size))) frames.push(frame.slice());
    at += size;
  }
  return { frames: frames.map((frame) => new Uint8Array(frame)), malformed: reader.malformed };
}
