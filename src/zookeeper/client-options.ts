import type { Scheduler } from "../base/scheduler.ts";
import type { ClientEvent } from "./client-event.ts";
import type { ServerAddress } from "./connection-string.ts";
import { checkServer, ConnectionStringError } from "./connection-string.ts";
import type { Credential } from "./credentials.ts";
import type { ClientLimits } from "./limits.ts";
import { pathProblem } from "./path.ts";
import type { CreateMode } from "./protocol/create-mode.ts";
import type { Acl } from "./protocol/records.ts";
import type { ForeignSession } from "./session/session.ts";
import type { Transport } from "./transport/transport.ts";

export interface ClientOptions {
  readonly servers: readonly ServerAddress[];
  /** Put before every path: "" or like "/a/b". It is not created. */
  readonly chroot?: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly credentials?: readonly Credential[] | undefined;
  /** The ACL of new nodes for which none is named; everybody may do everything without it. */
  readonly acl?: readonly Acl[] | undefined;
  readonly limits?: Partial<ClientLimits> | undefined;
  /** Told what happens, for logs and metrics. It must not throw, nor call the client. */
  readonly observe?: ((event: ClientEvent) => void) | undefined;
  /** Takes over a session that was granted to somebody else, instead of asking for a new one. */
  readonly resume?: ForeignSession | undefined;
}

export interface RequestOptions {
  /** Gives up the wait. The outcome is then unknown if the request was sent already. */
  readonly signal?: AbortSignal | undefined;
}

export interface VersionedOptions extends RequestOptions {
  /** Executed only if the node has this version; any, when left out. */
  readonly version?: number | undefined;
}

export interface ReadOptions extends RequestOptions {
  /** Sets a one-shot watch that lasts until this signal aborts. */
  readonly watch?: AbortSignal | undefined;
}

export interface CreateOptions extends RequestOptions {
  readonly mode?: CreateMode | undefined;
  /** The client's, when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /** For the modes with a time to live, and only for those. */
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
