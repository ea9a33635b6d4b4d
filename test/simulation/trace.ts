/** What happened, as text for people and as one hash for comparison. */
export class Trace {
  readonly lines: string[] = [];
  readonly #now: () => number;
  readonly #keepsLines: boolean;
  #hash = 0n;

  constructor(now: () => number, keepsLines: boolean) {
    this.#now = now;
    this.#keepsLines = keepsLines;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(16, "0");
  }

  tell(who: string, text: string): void {
    const line = `${(this.#now() / 1000).toFixed(6).padStart(11)} ${who.padEnd(14)} ${text}`;
    this.#hash = Bun.hash.wyhash(line, this.#hash);
    if (this.#keepsLines) this.lines.push(line);
  }
}
