import { Scope } from "../base/scope.ts";
import type { SessionEnd } from "./client-event.ts";
import type { ClientOptions } from "./client-options.ts";
import { ZooKeeperClient } from "./client.ts";

/** Why one address of a server could not be used. */
export interface Trouble {
  /** The address, as "host:port". */
  readonly server: string;
  /** For people: a clause without a full stop. */
  readonly detail: string;
}

/** A session for one piece of work. */
export interface VisitOptions extends Omit<ClientOptions, "observe"> {
  /** Whether it ends once every server was tried in vain; it goes on otherwise. */
  readonly triesOnce: boolean;
}

/** How a visit went. */
type Visit<Result> =
  | { readonly kind: "done"; readonly result: Result }
  /** There was no connection: `end` where the session is over, `trouble` where any was met. */
  | {
      readonly kind: "unconnected";
      readonly end: SessionEnd | undefined;
      readonly trouble: Trouble | undefined;
    };

/**
 * Connects, has the work done, and frees the client whatever comes of it. Rejects as `work` does.
 * @param signal ends the wait for a connection; the work minds it by itself
 * @param work closes the session where the servers shall hear of its end: it is abandoned after it
 */
export async function visit<Result>(
  { triesOnce, ...options }: VisitOptions,
  signal: AbortSignal,
  work: (client: ZooKeeperClient) => Promise<Result>,
): Promise<Visit<Result>> {
  using waiting = new Scope(signal);
  const troubles: Trouble[] = [];
  const client = new ZooKeeperClient({
    ...options,
    observe: (event) => {
      if (event.kind === "attempt-failed") {
        troubles[0] = { server: event.server, detail: event.detail };
      }
      if (event.kind === "round-failed" && triesOnce) waiting.abort();
    },
  });
  try {
    if (await client.connected(waiting.signal)) {
      return { kind: "done", result: await work(client) };
    }
    return { kind: "unconnected", end: client.end, trouble: troubles[0] };
  } finally {
    client.abandon();
  }
}
