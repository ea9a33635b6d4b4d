/**
 * A seeded stream of random numbers (sfc32). Every purpose has a stream of its own, so that one
 * draw more in one place, or a fault that is left out, does not reshuffle all the others: that is
 * what makes a failure shrink.
 */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, purpose: string) {
    this.#seed = seed;
    this.#a = seed | 0;
    this.#b = hashOf(purpose);
    this.#c = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** An independent stream of the same seed. */
  fork(purpose: string): Random {
    return new Random(this.#seed, purpose);
  }

  /** A number of [0, 1). */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor((most - least + 1) * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(items.length * this.next())];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}
