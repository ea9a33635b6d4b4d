/** Something that a signal ends. */
export interface Abortable {
  abort(): void;
}

interface Group {
  readonly members: Set<Abortable>;
  readonly abort: () => void;
}

/**
 * Ends watches when their signals abort, with one listener per signal. A signal compares a new
 * listener with all that it has, so that 50,000 watches on one signal, each with a listener of its
 * own, cost seconds of processor time to set. Seen on Bun 1.4.5.
 */
export class WatchSignals {
  readonly #groups = new Map<AbortSignal, Group>();

  /**
   * Has `member` aborted when `signal` is.
   * @param signal not aborted yet
   */
  join(signal: AbortSignal, member: Abortable): void {
    const group = this.#groups.get(signal) ?? this.#open(signal);
    group.members.add(member);
  }

  /** Takes a member out that has ended by itself. */
  leave(signal: AbortSignal, member: Abortable): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.members.delete(member) || group.members.size > 0) return;
    this.#groups.delete(signal);
    signal.removeEventListener("abort", group.abort);
  }

  #open(signal: AbortSignal): Group {
    const members = new Set<Abortable>();
    const abort = (): void => {
      // A member that is ended leaves, which a set allows while it is walked.
      for (const member of members) member.abort();
    };
    const group = { members, abort };
    this.#groups.set(signal, group);
    signal.addEventListener("abort", abort);
    return group;
  }
}
