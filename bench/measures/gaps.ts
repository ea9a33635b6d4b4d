/** The longest time between two effects in a row, from `since` on, or from the one before it. */
export function longestGapMs(effects: readonly { readonly at: number }[], since: number): number {
  const first = Math.max(
    0,
    effects.findLastIndex(({ at }) => at <= since),
  );
  const times = effects.slice(first).map(({ at }) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return Math.max(0, ...gaps);
}
