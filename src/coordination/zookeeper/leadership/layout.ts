/** The paths of one service's records. */
export interface RecordLayout {
  readonly base: string;
  /** The ephemeral node that decides: its owner leads. */
  readonly leader: string;
  /** The node `term`, which says what became of the last leadership: see LeaseNote. */
  readonly leaseNote: string;
  /** The line: an ephemeral, sequential node for each replica. */
  readonly replicas: string;
}

/** @param base an absolute path of at least one name, without a trailing slash */
export function layoutBelow(base: string): RecordLayout {
  return {
    base,
    leader: `${base}/leader`,
    leaseNote: `${base}/term`,
    replicas: `${base}/replicas`,
  };
}

/** The base path and every path above it, the topmost first. */
export function pathsDownTo(base: string): readonly string[] {
  const names = base.split("/").slice(1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
}

/** The base path of a service: its path below the chroot of the servers ("" or "/" for none). */
export function basePathOf(chroot: string, path: string): string {
  return chroot === "/" ? path : `${chroot}${path}`;
}
