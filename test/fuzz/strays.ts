/** The errors that nobody caught: of the process, as the events are. */
class Strays {
  readonly #found: unknown[] = [];

  /** Takes them from now on, and keeps them from ending the process. */
  listen(): void {
    process.on("unhandledRejection", this.#take);
    process.on("uncaughtException", this.#take);
  }

  /** Leaves them to others again. */
  release(): void {
    process.off("unhandledRejection", this.#take);
    process.off("uncaughtException", this.#take);
  }

  /** Throws when there were any since it was last asked. */
  check(): void {
    const [first] = this.#found.splice(0);
    if (first !== undefined) throw new Error(`nobody caught: ${Bun.inspect(first)}`);
  }

  readonly #take = (error: unknown): void => {
    this.#found.push(error);
  };
}

export const strays = new Strays();
