/**
 * What a parser makes of a text: a value, or a phrase that says what would have been right. A
 * `warning` is a sentence about a value that is taken, and should not be like that.
 */
export type Parsed<T> =
  | { readonly kind: "valid"; readonly value: T; readonly warning?: string }
  /** `expected` completes the sentence "expected ...", without a full stop. */
  | { readonly kind: "invalid"; readonly expected: string };

export function valid<T>(value: T): Parsed<T> {
  return { kind: "valid", value };
}

export function invalid<T>(expected: string): Parsed<T> {
  return { kind: "invalid", expected };
}
