import type { ClientEvent } from "../../../src/zookeeper/client-event.ts";
import type { ClientOptions } from "../../../src/zookeeper/client-options.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import type { ZooKeeperServer } from "../zookeeper-server.ts";

export const sessionTimeoutMs = 3_000;

/** A client whose events can be waited for. */
export interface RealClient extends AsyncDisposable {
  readonly client: ZooKeeperClient;
  readonly events: ClientEvent[];
  /** Resolves with the next event of this kind and the instant it came. */
  next(kind: ClientEvent["kind"]): Promise<{ event: ClientEvent; at: number }>;
}

export async function connect(
  servers: readonly ZooKeeperServer[],
  options: Partial<ClientOptions> = {},
): Promise<RealClient> {
  const events: ClientEvent[] = [];
  const waiting = new Set<(event: ClientEvent) => void>();
  const client = new ZooKeeperClient({
    servers: servers.map(({ address }) => address),
    sessionTimeoutMs,
    scheduler: new RealScheduler(),
    transport: new TcpTransport(),
    observe: (event) => {
      events.push(event);
      for (const tell of waiting) tell(event);
    },
    ...options,
  });
  await client.connected(AbortSignal.timeout(20_000));
  const next: RealClient["next"] = (kind) =>
    new Promise((resolve) => {
      const tell = (event: ClientEvent): void => {
        if (event.kind !== kind) return;
        waiting.delete(tell);
        resolve({ event, at: performance.now() });
      };
      waiting.add(tell);
    });
  return { client, events, next, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

export const forever = new AbortController().signal;

export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
