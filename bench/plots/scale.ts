/** Where a value lies, in the units of a picture. */
export type Scale = (value: number) => number;

export interface Span {
  readonly from: number;
  readonly to: number;
}

export function linearScale(values: Span, places: Span): Scale {
  const factor = (places.to - places.from) / (values.to - values.from);
  return (value) => places.from + (value - values.from) * factor;
}

/** Equal factors take equal room. What lies below the span, as 0 does, is drawn at its end. */
export function logScale(values: Span, places: Span): Scale {
  const logs = { from: Math.log10(values.from), to: Math.log10(values.to) };
  const linear = linearScale(logs, places);
  return (value) => linear(Math.log10(Math.max(value, values.from)));
}

/** The powers of ten from the one at or below the least value to the one at or above the most. */
export function decadesAround(values: readonly number[]): Span {
  const positive = values.filter((value) => value > 0);
  const from = 10 ** Math.floor(Math.log10(Math.min(...positive)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(...positive)));
  return { from, to: to > from ? to : from * 10 };
}

/** The powers of ten within a span. */
export function decadesIn({ from, to }: Span): readonly number[] {
  const [first, last] = [Math.round(Math.log10(from)), Math.round(Math.log10(to))];
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}
