import type { Scheduler } from "../../base/scheduler.ts";
import type { ServerAddress } from "../connection-string.ts";
import { formatServer } from "../connection-string.ts";
import { withDeadline } from "./deadline.ts";
import type { AcceptedHandshake, Handshake } from "./handshake.ts";
import { shakeHands } from "./handshake.ts";
import { HostRotation } from "./hosts.ts";
import type { ConnectRequest } from "../protocol/requests.ts";
import type { Transport } from "../transport/transport.ts";

/** A connection that lasted this long was a success; a shorter one counts as a failed attempt. */
const lastingMs = 1_000;

interface ConnectorOptions {
  readonly servers: readonly ServerAddress[];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly maximumFrameBytes: number;
  /** The request for the next attempt, made anew each time. */
  readonly request: () => ConnectRequest;
  /** The timeout granted last, or asked for: what the pace of the attempts is derived from. */
  readonly sessionTimeoutMs: () => number;
  /** Told of every attempt that came to nothing. */
  readonly attemptFailed: (server: string, detail: string) => void;
  /** Told when every server, with all its addresses, was tried in vain once more. */
  readonly roundFailed: () => void;
}

/** How a search for a server ended: the session goes on there, or no server has it any more. */
export type Connected =
  | { readonly kind: "accepted"; readonly server: string; readonly handshake: AcceptedHandshake }
  | { readonly kind: "expired"; readonly server: string; readonly detail: string };

/** Finds a server: one after the other, each name resolved anew, all its addresses used. */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #hosts: HostRotation;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#hosts = new HostRotation(options.servers, options.scheduler);
  }

  /**
   * Tries until a server accepted or said that the session is gone; undefined once `signal`
   * aborted. It has no limit of its own: the session's expiry, or its owner, ends it.
   */
  async connect(signal: AbortSignal): Promise<Connected | undefined> {
    const { scheduler, sessionTimeoutMs } = this.#options;
    while (!signal.aborted) {
      const backOffMs = this.#hosts.backOffMs(sessionTimeoutMs());
      if (backOffMs > 0) await scheduler.sleep(backOffMs, signal);
      if (signal.aborted) return undefined;
      const connected = await this.#tryServer(this.#hosts.next(), signal);
      if (connected !== undefined) return connected;
      this.#hosts.failed();
      if (this.#hosts.roundIsOver && !signal.aborted) this.#options.roundFailed();
    }
    return undefined;
  }

  /** Says how long the last connection lived: short-lived ones must not be repeated at once. */
  lived(durationMs: number): void {
    if (durationMs >= lastingMs) this.#hosts.lasted();
    else this.#hosts.failed();
  }

  async #tryServer(server: ServerAddress, signal: AbortSignal): Promise<Connected | undefined> {
    for (const host of await this.#resolve(server, signal)) {
      if (signal.aborted) return undefined;
      const name = formatServer(server);
      const handshake = await this.#shakeHands(server, host, signal);
      if (handshake.kind === "accepted") return { kind: "accepted", server: name, handshake };
      if (handshake.kind === "expired") return { ...handshake, server: name };
      if (!signal.aborted) {
        this.#options.attemptFailed(formatServer({ ...server, host }), handshake.detail);
      }
    }
    return undefined;
  }

  #shakeHands(server: ServerAddress, host: string, signal: AbortSignal): Promise<Handshake> {
    const { transport, scheduler, maximumFrameBytes, sessionTimeoutMs } = this.#options;
    const request = this.#options.request();
    const address = { host, port: server.port, serverName: server.host };
    const limitMs = this.#hosts.attemptLimitMs(sessionTimeoutMs());
    return shakeHands(
      { transport, scheduler, address, request, limitMs, maximumFrameBytes },
      signal,
    );
  }

  /** A name that does not resolve now is a failed attempt and nothing more. */
  async #resolve(server: ServerAddress, signal: AbortSignal): Promise<readonly string[]> {
    const { transport, scheduler, sessionTimeoutMs, attemptFailed } = this.#options;
    const limitMs = this.#hosts.attemptLimitMs(sessionTimeoutMs());
    let detail = `the name was not resolved within ${Math.round(limitMs)} ms`;
    try {
      const resolve = (limit: AbortSignal): Promise<readonly string[]> =>
        transport.resolve(server.host, limit);
      const addresses = await withDeadline(scheduler, limitMs, signal, resolve, () => undefined);
      if (addresses !== undefined && addresses.length > 0) return addresses;
      if (addresses !== undefined) detail = "the name has no address";
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
    }
    if (!signal.aborted) attemptFailed(formatServer(server), detail);
    return [];
  }
}
