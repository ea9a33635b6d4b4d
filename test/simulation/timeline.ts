/** Something that is to happen. Cleared when it has happened, or is not to happen any more. */
export interface Planned {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/**
 * The true time of the simulated world, in milliseconds, and everything that is still to happen in
 * it, ordered by time and then by the order of planning. Nobody but the referee reads this clock:
 * the replicas have clocks of their own.
 */
export class Timeline {
  #now = 0;
  #order = 0;
  readonly #heap: Planned[] = [];

  get now(): number {
    return this.#now;
  }

  plan(delayMs: number, action: () => void): Planned {
    const planned = { at: this.#now + Math.max(0, delayMs), order: (this.#order += 1), action };
    this.#push(planned);
    return planned;
  }

  /** Lets the next thing happen; false when nothing is planned up to `until`. */
  step(until: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) {
        this.#now = until;
        return false;
      }
      this.#pop();
      const { action } = next;
      if (action === undefined) continue;
      this.#now = next.at;
      next.action = undefined;
      action();
      return true;
    }
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(planned);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(planned, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let child = heap[left];
      if (child === undefined) break;
      let at = left;
      const right = heap[left + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        at = left + 1;
      }
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
