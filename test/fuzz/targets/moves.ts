import * as fc from "fast-check";
import { unreachable } from "../../../src/base/unreachable.ts";
import { anyBytes, anyInt, anyLong, textOf } from "../hostile-texts.ts";

/** What a hostile server does instead of sending one frame as it should. */
export type Move =
  | { readonly kind: "honest" }
  /** Other bits somewhere in the frame. */
  | { readonly kind: "flip"; readonly at: number; readonly mask: number }
  /** Another number of 32 bits somewhere in the frame: a length, a count, a code. */
  | { readonly kind: "number"; readonly at: number; readonly value: number }
  | { readonly kind: "xid"; readonly value: number }
  | { readonly kind: "zxid"; readonly value: bigint }
  | { readonly kind: "error"; readonly code: number }
  /** The frame ends early or goes on, and its length says so. */
  | { readonly kind: "resize"; readonly bytes: number }
  /** The length in front of the frame is another one. */
  | { readonly kind: "length"; readonly value: number }
  | { readonly kind: "twice" }
  | { readonly kind: "nothing" }
  /** An event goes before the frame. */
  | { readonly kind: "event"; readonly type: number; readonly path: string }
  | { readonly kind: "garbage"; readonly bytes: Uint8Array }
  /** The frame stops in the middle, for good, or goes on for ever, byte by byte. */
  | { readonly kind: "half"; readonly at: number }
  | { readonly kind: "drip"; readonly announced: number; readonly everyMs: number }
  | { readonly kind: "close"; readonly at: number };

const anyPath = textOf("/", "/golden", "/golden/e", "/golden/s-0000000001", "//", "..");

export const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Move>({ kind: "honest" }) },
  ...[
    move({ kind: fc.constant("flip"), at: fc.nat(200), mask: fc.integer({ min: 1, max: 255 }) }),
    move({ kind: fc.constant("number"), at: fc.nat(200), value: anyInt }),
    move({ kind: fc.constant("xid"), value: anyInt }),
    move({ kind: fc.constant("zxid"), value: anyLong }),
    move({ kind: fc.constant("error"), code: anyInt }),
    move({ kind: fc.constant("resize"), bytes: fc.integer({ min: -100, max: 100 }) }),
    move({ kind: fc.constant("length"), value: anyInt }),
    move({ kind: fc.constant("twice") }),
    move({ kind: fc.constant("nothing") }),
    move({ kind: fc.constant("event"), type: anyInt, path: anyPath }),
    move({ kind: fc.constant("event"), type: fc.integer({ min: 1, max: 4 }), path: anyPath }),
    move({ kind: fc.constant("garbage"), bytes: anyBytes }),
    move({ kind: fc.constant("half"), at: fc.nat(100) }),
    move({
      kind: fc.constant("drip"),
      announced: fc.integer({ min: 100, max: 9_000_000 }),
      everyMs: fc.integer({ min: 50, max: 2_000 }),
    }),
    move({ kind: fc.constant("close"), at: fc.nat(100) }),
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** What goes out for one frame, and what comes after it. */
export interface Sending {
  readonly bytes: Uint8Array;
  readonly next: "go-on" | "silence" | "close" | { readonly dripEveryMs: number };
}

/** Makes the bytes of a frame, as a server would that makes this move. */
export function play(made: Move, payload: Uint8Array): Sending {
  switch (made.kind) {
    case "honest":
      return goOn(framed(payload));
    case "flip":
      return goOn(
        framed(
          changed(payload, made.at, 1, (view, at) => {
            view.setUint8(at, view.getUint8(at) ^ made.mask);
          }),
        ),
      );
    case "number":
      return goOn(
        framed(changed(payload, made.at, 4, (view, at) => view.setInt32(at, made.value))),
      );
    case "xid":
      return goOn(framed(changed(payload, 0, 4, (view, at) => view.setInt32(at, made.value))));
    case "zxid":
      return goOn(framed(changed(payload, 4, 8, (view, at) => view.setBigInt64(at, made.value))));
    case "error":
      return goOn(framed(changed(payload, 12, 4, (view, at) => view.setInt32(at, made.code))));
    case "resize":
      return goOn(framed(resized(payload, Math.max(0, payload.length + made.bytes))));
    case "length":
      return goOn(joined(int(made.value), payload));
    case "twice":
      return goOn(joined(framed(payload), framed(payload)));
    case "nothing":
      return goOn(new Uint8Array());
    case "event":
      return goOn(joined(event(made.type, made.path), framed(payload)));
    case "garbage":
      return goOn(joined(made.bytes, framed(payload)));
    case "half":
      return { bytes: framed(payload).slice(0, made.at), next: "silence" };
    case "close":
      return { bytes: framed(payload).slice(0, made.at), next: "close" };
    case "drip":
      return {
        bytes: joined(int(made.announced), payload),
        next: { dripEveryMs: made.everyMs },
      };
    default:
      return unreachable(made);
  }
}

/** A frame as it goes over the wire. */
export function framed(payload: Uint8Array): Uint8Array {
  return joined(int(payload.length), payload);
}

function move<M extends Move>(fields: { [Field in keyof M]: fc.Arbitrary<M[Field]> }) {
  return fc.record(fields) as unknown as fc.Arbitrary<Move>;
}

function goOn(bytes: Uint8Array): Sending {
  return { bytes, next: "go-on" };
}

/** A copy with one change, as far to the right as there is room for it. */
function changed(
  payload: Uint8Array,
  at: number,
  size: number,
  change: (view: DataView, at: number) => void,
): Uint8Array {
  const copy = payload.slice();
  if (copy.length < size) return copy;
  change(new DataView(copy.buffer), Math.min(at, copy.length - size));
  return copy;
}

function resized(payload: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(payload.subarray(0, length));
  return copy;
}

function event(type: number, path: string): Uint8Array {
  const text = new TextEncoder().encode(path);
  const header = joined(int(-1), new Uint8Array(8).fill(255), int(0));
  return framed(joined(header, int(type), int(3), framed(text)));
}

function int(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
