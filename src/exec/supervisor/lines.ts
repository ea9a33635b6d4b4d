/** Cuts a stream of bytes into lines; what is longer than `longest` is told in pieces. */
export class Lines {
  readonly #longest: number;
  /** Hears each line without its end. */
  readonly #tell: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(longest: number, tell: (line: string) => void) {
    this.#longest = longest;
    this.#tell = tell;
  }

  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The stream has ended: what is left is a line as well. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== "") this.#tell(this.#rest);
    this.#rest = "";
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) this.#tellInPieces(part);
    while (this.#rest.length > this.#longest) {
      this.#tell(this.#rest.slice(0, this.#longest));
      this.#rest = this.#rest.slice(this.#longest);
    }
  }

  #tellInPieces(line: string): void {
    for (let start = 0; start === 0 || start < line.length; start += this.#longest) {
      this.#tell(line.slice(start, start + this.#longest));
    }
  }
}
