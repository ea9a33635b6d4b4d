import type { Resource } from "./failure.ts";

/**
 * How many repair attempts are left for each resource.
 *
 * An attempt is given back only when what failed has really worked again, so a resource that
 * recovers just long enough to be called repaired still uses its attempts up.
 */
export class RepairBudget {
  readonly #attempts: (resource: Resource) => number;
  readonly #spent = new Map<Resource, number>();

  /** @param attempts how many attempts a resource has now: at least 1, Infinity for no end */
  constructor(attempts: (resource: Resource) => number) {
    this.#attempts = attempts;
  }

  left(resource: Resource): number {
    return Math.max(0, this.#attempts(resource) - this.spent(resource));
  }

  spent(resource: Resource): number {
    return this.#spent.get(resource) ?? 0;
  }

  /** Uses one attempt up; false, and nothing changes, when none is left. */
  spend(resource: Resource): boolean {
    if (this.left(resource) <= 0) return false;
    this.#spent.set(resource, this.spent(resource) + 1);
    return true;
  }

  /** The resource has done its work again: all its attempts are back. */
  restore(resource: Resource): void {
    this.#spent.delete(resource);
  }
}
