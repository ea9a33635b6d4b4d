/** How people count the line: the leader stands in it too, and waits for nothing. */
export interface PlaceInLine {
  /** 1 for the one who is next. */
  readonly rank: number;
  /** How many wait. */
  readonly waiting: number;
}

/**
 * The place of a replica that does not lead.
 * @param line as /status tells it: `position` counts the leader, 0 being the front
 * @param leader who leads; undefined when nobody is known to
 */
export function placeInLine(
  line: {
    readonly position: number;
    readonly size: number;
    readonly candidates: readonly unknown[];
  },
  leader: string | undefined,
): PlaceInLine {
  const { position, size, candidates } = line;
  const isLed = leader !== undefined && candidates.includes(leader);
  const isBehind = isLed && candidates.slice(0, position).includes(leader);
  return { rank: position + (isBehind ? 0 : 1), waiting: size - (isLed ? 1 : 0) };
}

export function placeText(place: PlaceInLine | undefined): string | undefined {
  if (place === undefined) return undefined;
  const { rank, waiting } = place;
  return `${rank} of ${waiting} waiting${rank === 1 ? ", next to lead" : ""}`;
}
