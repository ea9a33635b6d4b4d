import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import {
  type Attempt,
  type Call,
  type Leadership,
  outOfTurn,
  type ReplicaId,
  type Session,
} from "../../../src/election/ports/coordinator.ts";
import { leaseDurationMs } from "../../../src/coordination/zookeeper/lease-timing.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import {
  type CoordinatorOptions,
  ZooKeeperCoordinator,
} from "../../../src/coordination/zookeeper/coordinator.ts";
import {
  type RecordLayout,
  layoutBelow,
} from "../../../src/coordination/zookeeper/leadership/layout.ts";
import {
  decodeLeaseNote,
  encodeLeaseNote,
  type LeaseNote,
} from "../../../src/coordination/zookeeper/leadership/records.ts";
import type { ForeignSession } from "../../../src/zookeeper/client-options.ts";
import type { SessionKey } from "../../../src/coordination/zookeeper/leadership/session-key.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import type { Transport } from "../../../src/zookeeper/transport/transport.ts";
import { Recorder } from "../../fake/election.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";

export const sessionTimeoutMs = 2000;
export const leaseMs = leaseDurationMs(sessionTimeoutMs);
export const limitMs = 60_000;
/** A signal for waits that the test itself bounds. */
export const never = new AbortController().signal;

/** A candidate in this process: its session, and what it told. */
export interface Candidate {
  readonly session: Session;
  readonly events: Recorder;
}

/** A candidate that leads. */
export interface LeadingCandidate extends Candidate {
  readonly leadership: Leadership;
}

/** A candidate that stands in line. */
export interface WaitingCandidate extends Candidate {
  readonly turn: Promise<Call>;
}

/** A real server, a service path for each test, and a client of nobody's side. */
export class Bench {
  readonly #scheduler = new RealScheduler();
  readonly #stack = new AsyncDisposableStack();
  #server: ZooKeeperServer | undefined;
  #meddler: ZooKeeperClient | undefined;
  #sessions: Session[] = [];
  #service = 0;

  /** Registers what has to happen before and after the tests of the calling file. */
  constructor() {
    beforeAll(async () => {
      this.#server = this.#stack.use(await startServer());
      this.#meddler = this.#stack.use(this.#client(20_000));
    }, limitMs);
    afterAll(async () => {
      await this.#stack.disposeAsync();
    });
    beforeEach(() => {
      this.#service += 1;
    });
    afterEach(async () => {
      await Promise.all(this.#sessions.map((session) => session.close(AbortSignal.timeout(1000))));
      this.#sessions = [];
    });
  }

  get server(): ZooKeeperServer {
    if (this.#server === undefined) throw new Error("the server is started before the tests");
    return this.#server;
  }

  /** For looking and for meddling. */
  get meddler(): ZooKeeperClient {
    if (this.#meddler === undefined) throw new Error("the client is made before the tests");
    return this.#meddler;
  }

  get layout(): RecordLayout {
    return layoutBelow(`/coordinator/number-${this.#service}`);
  }

  /** A candidate with a session of its own, closed after the test. */
  async candidate(
    id: string,
    transport: Transport = new TcpTransport(),
    keep?: (key: SessionKey) => void,
  ): Promise<Candidate> {
    const events = new Recorder();
    return { session: await this.opened(this.coordinator(id, events, transport, keep)), events };
  }

  /** A candidate that has taken leadership, out of turn. */
  async leader(
    id: string,
    transport?: Transport,
    keep?: (key: SessionKey) => void,
  ): Promise<LeadingCandidate> {
    const candidate = await this.candidate(id, transport, keep);
    const leadership = await won(candidate.session.attempt(outOfTurn, never));
    return { ...candidate, leadership };
  }

  /** A candidate that has joined the line, and waits for its turn until `stop` aborts. */
  async waiter(
    id: string,
    {
      stop = never,
      transport,
    }: { readonly stop?: AbortSignal; readonly transport?: Transport } = {},
  ): Promise<WaitingCandidate> {
    const candidate = await this.candidate(id, transport);
    const turn = candidate.session.turn(stop);
    await standsInLine(candidate);
    return { ...candidate, turn };
  }

  /** A candidate behind the leader, who has set all that the first in line watches. */
  async firstInLine(id: string): Promise<WaitingCandidate> {
    const waiter = await this.waiter(id);
    // The last thing that it asks for is what it watches.
    while (requestsOf(waiter).filter((operation) => operation === "getData").length < 3) {
      await Bun.sleep(1);
    }
    return waiter;
  }

  /** A session of the coordinator, closed after the test. */
  async opened(coordinator: ZooKeeperCoordinator): Promise<Session> {
    const opening = await coordinator.open(never);
    if (opening.kind === "failed") throw new Error(opening.failure.detail);
    this.#sessions.push(opening.session);
    return opening.session;
  }

  /** What one replica's process opens its sessions with. */
  coordinator(
    id: string,
    events: Recorder = new Recorder(),
    transport: Transport = new TcpTransport(),
    keep?: (key: SessionKey) => void,
    more: Partial<Pick<CoordinatorOptions, "access" | "servers">> = {},
  ): ZooKeeperCoordinator {
    return new ZooKeeperCoordinator({
      servers: [this.server.address],
      transport,
      scheduler: this.#scheduler,
      observer: events,
      basePath: this.layout.base,
      sessionTimeoutMs,
      describe: () => ({
        replica: id as ReplicaId,
        host: "host",
        pid: 1,
        httpAddress: null,
        since: "2026-01-01T00:00:00.000Z",
      }),
      keep,
      ...more,
    });
  }

  /** Somebody speaks in the name of a session: what its owner sent before may come as late. */
  async inTheNameOf(
    session: ForeignSession,
    speak: (client: ZooKeeperClient) => Promise<unknown>,
  ): Promise<void> {
    const client = this.#client(sessionTimeoutMs, session);
    await speak(client);
    client.abandon();
  }

  /** Deletes everything that the service has, as an operator might. */
  async deleteRecords(): Promise<void> {
    const { base, leader, leaseNote, replicas } = this.layout;
    const entries = await this.entries();
    const led = (await this.isLed()) ? [leader] : [];
    const inLine = entries.map((name) => `${replicas}/${name}`);
    const paths = [...inLine, ...led, leaseNote, replicas, base];
    await this.meddler.multi(paths.map((path) => ({ kind: "delete", path })));
  }

  /** The lease note as it stands. */
  async leaseNote(): Promise<LeaseNote | undefined> {
    return decodeLeaseNote((await this.meddler.getData(this.layout.leaseNote)).data);
  }

  /** Writes the lease note, as an earlier leadership may have left it. */
  async writeLeaseNote(note: LeaseNote): Promise<void> {
    await this.meddler.setData(this.layout.leaseNote, encodeLeaseNote(note));
  }

  /** Whether anybody owns the leader node. */
  async isLed(): Promise<boolean> {
    return (await this.meddler.exists(this.layout.leader)).stat !== undefined;
  }

  /** The names in line. */
  async entries(): Promise<readonly string[]> {
    return (await this.meddler.getChildren(this.layout.replicas)).children;
  }

  #client(timeoutMs: number, resume?: ForeignSession): ZooKeeperClient {
    return new ZooKeeperClient({
      resume,
      servers: [this.server.address],
      sessionTimeoutMs: timeoutMs,
      scheduler: this.#scheduler,
      transport: new TcpTransport(),
    });
  }
}

/** Resolves once the candidate knows its place in line. */
export async function standsInLine({ events }: Candidate): Promise<void> {
  while (events.of("standing").length === 0) await Bun.sleep(1);
}

/** Resolves once the candidate has taken leadership and waits for an earlier lease to end. */
export async function waitsOut({ events }: Candidate): Promise<void> {
  while (events.of("waiting-out").length === 0) await Bun.sleep(1);
}

/** What the candidate has asked the server for so far. */
export function requestsOf({ events }: Candidate): readonly string[] {
  return events.of("request").map(({ operation }) => operation);
}

/** The leadership of an attempt that must have been won. */
export async function won(attempt: Promise<Attempt>): Promise<Leadership> {
  const outcome = await attempt;
  if (outcome.kind !== "won") throw new Error(`not won: ${outcome.kind}`);
  return outcome.leadership;
}

/** Resolves once `signal` is aborted. */
export function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
