/** A file of a leader, seen from outside at the moment it got its final name. */
export interface Landing {
  readonly name: string;
  readonly epoch: bigint;
  /** Who its content names; undefined when it was pruned before anybody could look. */
  readonly replica: string | undefined;
  /** `performance.now()` of the observer. */
  readonly at: number;
}

/** The leader node, as an observer read it. */
export interface Sighting {
  readonly epoch: bigint;
  readonly replica: string;
  readonly at: number;
}

/** A replica was stopped by SIGSTOP, or its disk held a file that it had begun to rename. */
export interface Pause {
  readonly replica: string;
  readonly from: number;
  /** Infinity as long as it lasts. */
  readonly to: number;
}

export interface Observations {
  /** In the order of landing. */
  readonly landings: readonly Landing[];
  /** In the order of reading. */
  readonly sightings: readonly Sighting[];
  readonly pauses: readonly Pause[];
}

export interface Verdict {
  /** Files of a lower epoch that landed after one of a higher epoch, and have no excuse. */
  readonly overlaps: readonly Landing[];
  /** Those that a process landed late that was held up: at most one for each pause. */
  readonly inert: readonly Landing[];
  /** What contradicts the promises otherwise, as sentences. */
  readonly contradictions: readonly string[];
}

/**
 * Judges what was seen. A file of a lower epoch that lands after one of a higher epoch is an
 * overlap, unless its writer was held up at the moment when the first higher one landed: no check
 * of a process can exclude that it is stopped right after the check. One pause excuses one file.
 */
export function judge({ landings, sightings, pauses }: Observations): Verdict {
  const overlaps: Landing[] = [];
  const inert: Landing[] = [];
  const spent = new Set<Pause>();
  const writers = writersOf(landings, sightings);
  let highest = 0n;
  for (const landing of landings) {
    if (landing.epoch >= highest) {
      highest = landing.epoch;
      continue;
    }
    const superseding = landings.find(({ epoch }) => epoch > landing.epoch) ?? landing;
    const writer = writers.get(landing.epoch)?.values().next().value;
    const excuse = pauses.find(
      (pause) =>
        pause.replica === writer &&
        !spent.has(pause) &&
        pause.from <= superseding.at &&
        superseding.at <= pause.to,
    );
    if (excuse === undefined) overlaps.push(landing);
    else {
      spent.add(excuse);
      inert.push(landing);
    }
  }
  return { overlaps, inert, contradictions: [...twoWriters(writers), ...sinking(sightings)] };
}

function writersOf(
  landings: readonly Landing[],
  sightings: readonly Sighting[],
): ReadonlyMap<bigint, ReadonlySet<string>> {
  const writers = new Map<bigint, Set<string>>();
  for (const { epoch, replica } of [...sightings, ...landings]) {
    if (replica === undefined) continue;
    writers.set(epoch, (writers.get(epoch) ?? new Set()).add(replica));
  }
  return writers;
}

function twoWriters(writers: ReadonlyMap<bigint, ReadonlySet<string>>): readonly string[] {
  return [...writers]
    .filter(([, replicas]) => replicas.size > 1)
    .map(([epoch, replicas]) => `epoch ${epoch} belongs to ${[...replicas].join(" and ")}`);
}

function sinking(sightings: readonly Sighting[]): readonly string[] {
  return sightings.flatMap(({ epoch }, index) => {
    const before = sightings[index - 1]?.epoch ?? 0n;
    return epoch < before ? [`the leader node's epoch sank from ${before} to ${epoch}`] : [];
  });
}
