import * as fc from "fast-check";

/** Any text at all: every character of Unicode, and halves of characters. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((units) => String.fromCharCode(...units)),
  },
);

/** Pieces that mean something everywhere: to a terminal, a shell, a path, a prototype. */
const troublemakers = [
  "",
  " ",
  "\t",
  "\n",
  "\r\n",
  "\0",
  "\u001b[2J",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ud800",
  "é",
  "😀",
  "=",
  "#",
  "'",
  '"',
  "\\",
  "/",
  "..",
  ",",
  ":",
  "-",
  "--",
  "%",
  "$HOME",
  "__proto__",
  "constructor",
  "null",
  "0",
  "1",
  "9".repeat(20),
];

/** Text made of the pieces that the reader looks for, in any order, and of anything between. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.constantFrom(...troublemakers) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 3 }) },
  );
  const mixed = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(""));
  return fc.oneof(
    { weight: 60, arbitrary: mixed },
    { weight: 20, arbitrary: anyText },
    { weight: 1, arbitrary: longRunOf(pieces) },
  );
}

/** One piece over and over: what a pattern with a flaw takes quadratic time for. */
function longRunOf(pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...pieces, ...troublemakers);
  return fc
    .tuple(piece, piece, fc.integer({ min: 1, max: 100_000 }), piece)
    .map(([head, body, count, tail]) => head + body.repeat(count).slice(0, 100_000) + tail);
}

/** Bytes of any kind, and text as bytes. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  anyText.map((text) => new TextEncoder().encode(text)),
);

/** Numbers of 32 bits, the treacherous ones above all. */
export const anyInt: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 4, 8, -2, -4, -8, 2 ** 31 - 1, -(2 ** 31), 8 * 1024 * 1024),
  fc.integer({ min: -130, max: 130 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** Numbers of 64 bits, the treacherous ones above all. */
export const anyLong: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 32n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Whether a terminal would do with the text what the text says. */
export function isObeyed(text: string): boolean {
  return obeyed.test(text);
}
