import type { Scheduler } from "../base/scheduler.ts";
import type { ClientEvent } from "./client-event.ts";
import type { ServerAddress } from "./connection-string.ts";
import { checkServer, ConnectionStringError } from "./connection-string.ts";
import type { Credential } from "./credentials.ts";
import type { ClientLimits } from "./limits.ts";
import { pathProblem } from "./path.ts";
import type { CreateMode } from "./protocol/create-mode.ts";
import type { Acl } from "./protocol/records.ts";
import type { Transport } from "./transport/transport.ts";

/** What a client is given when it is made. */
export interface ClientOptions {
  /** At least one. They are tried in an order of this client's own, each name resolved anew. */
  readonly servers: readonly ServerAddress[];
  /** Put before every path: "" or like "/a/b", which must exist already. */
  readonly chroot?: string | undefined;
  /**
   * The session timeout to ask for, in milliseconds: 1 to 2^31 - 1. Servers grant what is nearest
   * within their own bounds, which are 2 and 20 of their ticks unless they were told otherwise.
   * Source: ZooKeeperServer.java (minSessionTimeout, maxSessionTimeout).
   */
  readonly sessionTimeoutMs: number;
  /** The clock, the timers and the chance of all that the client does. */
  readonly scheduler: Scheduler;
  /** How servers are reached. */
  readonly transport: Transport;
  /** Proved on every connection, before anything else is asked for. */
  readonly credentials?: readonly Credential[] | undefined;
  /** The ACL of new nodes for which none is named; everybody may do everything without it. */
  readonly acl?: readonly Acl[] | undefined;
  /** The bounds that shall differ from `defaultLimits`. */
  readonly limits?: Partial<ClientLimits> | undefined;
  /** Told what happens, for logs and metrics. It must not throw, nor call the client. */
  readonly observe?: ((event: ClientEvent) => void) | undefined;
  /** Takes over a session that was granted to another client, instead of asking for a new one. */
  readonly resume?: ForeignSession | undefined;
}

/** A session that was granted to another client, perhaps in another process. */
export interface ForeignSession {
  readonly sessionId: bigint;
  readonly password: Uint8Array;
  /** The highest zxid that its former holder saw, where known: reads then never go backwards. */
  readonly lastZxid?: bigint | undefined;
}

/** What every request can be given. */
export interface RequestOptions {
  /** Gives up the wait. The outcome is then unknown if the request was sent already. */
  readonly signal?: AbortSignal | undefined;
}

/** What a change of one node can be given. */
export interface VersionedOptions extends RequestOptions {
  /** Executed only if the node has this version; any, when left out. */
  readonly version?: number | undefined;
}

/** What a read can be given. */
export interface ReadOptions extends RequestOptions {
  /** Sets a one-shot watch that lasts until this signal aborts. */
  readonly watch?: AbortSignal | undefined;
}

/** What the creation of a node can be given. */
export interface CreateOptions extends RequestOptions {
  /** `persistent`, when left out. */
  readonly mode?: CreateMode | undefined;
  /** The client's, when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /** For the modes with a time to live, and only for those: in milliseconds. */
  readonly ttlMs?: number | undefined;
}

/** Refuses at once what could never work. Throws `ConnectionStringError` or `RangeError`. */
export function checkClientOptions(options: ClientOptions): void {
  const { servers, chroot = "", sessionTimeoutMs } = options;
  if (servers.length === 0) throw new ConnectionStringError("no server is named");
  for (const server of servers) checkServer(server);
  const problem = chroot === "" ? undefined : pathProblem(chroot);
  if (problem !== undefined || chroot === "/") {
    throw new ConnectionStringError(problem ?? 'a chroot of "/" is written as ""');
  }
  if (!Number.isInteger(sessionTimeoutMs) || sessionTimeoutMs < 1 || sessionTimeoutMs >= 2 ** 31) {
    throw new RangeError(`a session timeout of ${sessionTimeoutMs} ms; right: a positive integer`);
  }
}
