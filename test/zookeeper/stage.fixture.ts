import type { ClientEvent } from "../../src/zookeeper/client-event.ts";
import type { ClientOptions } from "../../src/zookeeper/client-options.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import type { FakeGrant, FakePeer } from "../fake/zookeeper-transport.ts";
import { FakeTransport } from "../fake/zookeeper-transport.ts";

/** The session timeout of these tests: a third of it is 1 s. */
export const timeoutMs = 3_000;

export interface Stage {
  readonly client: ZooKeeperClient;
  readonly transport: FakeTransport;
  readonly scheduler: FakeScheduler;
  readonly events: ClientEvent[];
  /** Accepts the next connection and grants what it asks for. */
  readonly accept: (grant?: FakeGrant) => Promise<FakePeer>;
}

/** A client between a scheduler and a network that the test plays. */
export function stage(
  options: Partial<ClientOptions> = {},
  transport = new FakeTransport(),
): Stage {
  const scheduler = new FakeScheduler();
  const events: ClientEvent[] = [];
  const client = new ZooKeeperClient({
    // Two, so that the first loss of a connection costs no back-off.
    servers: ["10.0.0.1", "10.0.0.2"].map((host) => ({ host, port: 2181 })),
    sessionTimeoutMs: timeoutMs,
    scheduler,
    transport,
    observe: (event) => events.push(event),
    ...options,
  });
  const accept = async (grant?: FakeGrant): Promise<FakePeer> => {
    const peer = await transport.accepted();
    await peer.handshake(grant);
    await settle();
    return peer;
  };
  return { client, transport, scheduler, events, accept };
}

/** The error that `promise` is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<ZooKeeperError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ZooKeeperError) return error;
    throw error;
  }
  throw new Error("this was expected to fail");
}

export const forever = new AbortController().signal;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
