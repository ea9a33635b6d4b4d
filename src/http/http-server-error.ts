/**
 * The endpoints could not be opened.
 *
 * - `address-in-use`: another program (for a socket file: a living one) listens there.
 * - `not-a-socket`: the path exists and is no socket; it is left alone.
 * - `unavailable`: the host is none of this machine, the directory is missing, no permission, ...
 */
export class HttpServerError extends Error {
  override readonly name = "HttpServerError";
  readonly code: "address-in-use" | "not-a-socket" | "unavailable";

  constructor(code: HttpServerError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
