/** How a replica that may come to lead takes part: with a place in line, or as a member without. */
export type Standing = InLine | { readonly kind: "member" };

/** A place in line, in which the leader stands too. */
export interface InLine {
  readonly kind: "in-line";
  /** How many stand before the replica: 0 is the front. */
  readonly position: number;
  /** How many stand in line, the replica itself counted. */
  readonly size: number;
  /** The replica ids at the front of the line: all of them, or as many as are told. */
  readonly candidates: readonly string[];
}

/** A place as people count it: the leader waits for nothing, and so has none. */
interface WaitingPlace {
  /** 1 for the one who is next. */
  readonly rank: number;
  /** How many wait. */
  readonly waiting: number;
}

/**
 * The place among those who wait of a replica that does not lead.
 * @param leader the id of who leads; undefined when nobody is known to
 */
export function waitingPlace(
  { position, size, candidates }: InLine,
  leader: string | undefined,
): WaitingPlace {
  const isLed = leader !== undefined && candidates.includes(leader);
  const isBehind = isLed && candidates.slice(0, position).includes(leader);
  return { rank: position + (isBehind ? 0 : 1), waiting: size - (isLed ? 1 : 0) };
}

/** The standing of a replica that does not lead, for people; `leader` as for waitingPlace. */
export function standingText(standing: Standing, leader: string | undefined): string {
  if (standing.kind === "member") return "a member, in no line";
  const { rank, waiting } = waitingPlace(standing, leader);
  return `${rank} of ${waiting} waiting${rank === 1 ? ", next to lead" : ""}`;
}
