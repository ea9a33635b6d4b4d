/** A list that holds the last `capacity` items that were added to it. */
export class Ring<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#capacity) this.#items.shift();
  }

  /** From the latest to the oldest. */
  latestFirst(): readonly T[] {
    return this.#items.toReversed();
  }
}
