/** The wish that the present leader makes room. It means something only while one leads. */
export class StepDown {
  #armed: AbortController | undefined;

  /** Asks for it; false when nobody leads here, and then nothing will come of it. */
  request(): boolean {
    if (this.#armed === undefined) return false;
    this.#armed.abort();
    return true;
  }

  /** Listens for requests until disposed. One leader at a time listens. */
  arm(): { readonly signal: AbortSignal } & Disposable {
    const controller = new AbortController();
    this.#armed = controller;
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        if (this.#armed === controller) this.#armed = undefined;
      },
    };
  }
}
