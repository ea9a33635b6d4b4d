/**
 * The candidate that `name` most likely was meant to be, or undefined when none is close: at most
 * a third of its letters may differ. Names longer than 64 characters are no slips of the hand.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= least || distance > Math.max(name.length, candidate.length) / 3) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to`. */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const cells = new Uint16Array((from.length + 1) * width);
  const at = (row: number, column: number): number => cells[row * width + column] ?? 0;
  for (let row = 0; row <= from.length; row += 1) {
    for (let column = 0; column <= to.length; column += 1) {
      cells[row * width + column] = cell(row, column);
    }
  }
  return at(from.length, to.length);

  function cell(row: number, column: number): number {
    if (row === 0 || column === 0) return row + column;
    const same = from[row - 1] === to[column - 1];
    const least = Math.min(
      at(row - 1, column) + 1,
      at(row, column - 1) + 1,
      at(row - 1, column - 1) + (same ? 0 : 1),
    );
    const swapped =
      row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
    return swapped ? Math.min(least, at(row - 2, column - 2) + 1) : least;
  }
}
