import { resolvesBefore, within } from "../../../src/base/deadline.ts";
import type {
  Coordinator,
  Epoch,
  Opening,
  ReplicaId,
  ReplicaInfo,
} from "../../../src/election/ports/coordinator.ts";
import type { Scheduler } from "../../../src/base/scheduler.ts";
import { Scope } from "../../../src/base/scope.ts";
import { Recorder, unreachable } from "../election.ts";
import { MemoryLink } from "./memory-link.ts";
import { type MemoryService, memoryPatience, memoryTiming } from "./memory-service.ts";
import { MemorySession } from "./memory-session.ts";

/** How long leaving waits for sessions that are over. */
const momentMs = 500;

/** A session that is over here, and that the service knows still. */
interface Unclosed {
  readonly id: string;
  /** The leadership that may be released with it. */
  readonly epoch: Epoch | undefined;
}

/** A replica's coordinator on a service in memory, and the link between the two. */
export class MemoryReplica implements Coordinator {
  readonly events = new Recorder();
  readonly link: MemoryLink;
  readonly info: ReplicaInfo;
  readonly service: MemoryService;
  readonly scheduler: Scheduler;
  /** How many changes were asked for. */
  writes = 0;
  readonly #unclosed = new Set<Unclosed>();
  readonly #closing = new Set<Promise<void>>();
  readonly #leaving = new Scope();
  #session: MemorySession | undefined;

  constructor(id: string, service: MemoryService, scheduler: Scheduler) {
    this.service = service;
    this.scheduler = scheduler;
    this.link = new MemoryLink(scheduler);
    this.info = {
      replica: id as ReplicaId,
      host: `host-of-${id}`,
      pid: 1,
      httpAddress: null,
      since: scheduler.wallClock().toISOString(),
    };
  }

  get coordinator(): Coordinator {
    return this;
  }

  get coordination() {
    const { link } = this;
    return {
      timing: memoryTiming,
      patience: memoryPatience,
      get pendingRequests(): number {
        return link.pending;
      },
    };
  }

  async open(signal: AbortSignal): Promise<Opening> {
    const { scheduler, service, link } = this;
    const { sessionTimeoutMs } = memoryTiming;
    const answer = await within(scheduler, sessionTimeoutMs, [signal], (limit) =>
      link.ask(limit, () => service.open(this.info)),
    );
    if (answer.kind === "unknown") return { kind: "failed", failure: unreachable };
    const closing = Promise.all(this.#closing);
    await within(scheduler, momentMs, [signal], (limit) => resolvesBefore(closing, limit));
    this.#session = new MemorySession(this, answer.value);
    return { kind: "opened", session: this.#session };
  }

  async survey(signal: AbortSignal): Promise<void> {
    await this.#session?.survey(signal);
  }

  async leave(limit: AbortSignal): Promise<string | undefined> {
    const closing = Promise.all(this.#closing);
    await within(this.scheduler, momentMs, [limit], (soon) => resolvesBefore(closing, soon));
    this.#leaving.abort();
    const [first] = this.#unclosed;
    return first && `${first.id} was not closed: it runs out by itself`;
  }

  /** Closes the session as soon as the service can be asked. */
  leaveBehind(unclosed: Unclosed): void {
    this.#unclosed.add(unclosed);
    const closing = this.#closeBehind(unclosed).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  cut(): void {
    this.link.cut();
  }

  deafen(): void {
    this.link.deafen();
  }

  heal(): void {
    this.link.heal();
  }

  crash(): void {
    this.#leaving.abort();
    this.link.cut();
  }

  async #closeBehind(unclosed: Unclosed): Promise<void> {
    const { id, epoch } = unclosed;
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      const answer = await this.link.ask(signal, () => {
        if (epoch !== undefined) this.service.release(id, epoch);
        this.service.close(id);
      });
      if (answer.kind === "unknown") continue;
      this.#unclosed.delete(unclosed);
      return;
    }
  }
}
