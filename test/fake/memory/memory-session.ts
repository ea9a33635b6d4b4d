import { within } from "../../../src/base/deadline.ts";
import {
  type Attempt,
  type Call,
  type Epoch,
  outOfTurn,
  type Session,
  type Sighting,
} from "../../../src/election/ports/coordinator.ts";
import { Ending } from "../../../src/election/failure.ts";
import { type Instant, remainingMs } from "../../../src/base/scheduler.ts";
import { aborted, Scope } from "../../../src/base/scope.ts";
import { sessionLost } from "../election.ts";
import type { MemoryReplica } from "./memory-replica.ts";
import { type ServiceView, memoryTiming } from "./memory-service.ts";
import { MemoryLeadership } from "./memory-leadership.ts";

const touchEveryMs = memoryTiming.sessionTimeoutMs / 8;
/** Without an answer for so long a session is taken for forgotten. */
const lostAfterMs = (memoryTiming.sessionTimeoutMs * 4) / 3;

/** A session with a service in memory, which is kept alive by questions. */
export class MemorySession implements Session {
  readonly id: string;
  readonly lost = new Ending();
  readonly #replica: MemoryReplica;
  readonly #over = new Scope();
  #leadership: MemoryLeadership | undefined;
  /** When the last question was sent that was answered. */
  #heardAt: Instant;
  #standingTold = "";

  constructor(replica: MemoryReplica, id: string) {
    this.#replica = replica;
    this.id = id;
    this.#heardAt = replica.scheduler.now();
    void this.#live();
  }

  async horizon(signal: AbortSignal): Promise<Epoch | undefined> {
    const { service } = this.#replica;
    const answer = await this.#ask(signal, () => service.epoch);
    return answer.kind === "answered" ? answer.value : undefined;
  }

  async attempt(_call: Call, signal: AbortSignal): Promise<Attempt> {
    const { service, scheduler } = this.#replica;
    using trying = new Scope(signal, this.#over.signal);
    while (!trying.signal.aborted) {
      const sentAt = scheduler.now();
      const suspendedMs = scheduler.suspendedMs();
      const answer = await this.#ask(trying.signal, () => this.#take());
      if (answer.kind === "unknown") continue;
      if (answer.value === undefined) break;
      const { leader, waitMs } = answer.value;
      const { epoch } = leader;
      if (leader.session !== this.id) {
        this.#replica.events.observe({ kind: "leader-seen", epoch, leader: leader.info });
        return { kind: "led", leader: leader.info, epoch };
      }
      const leadership = new MemoryLeadership(this.#replica, this.id, epoch, sentAt, suspendedMs);
      this.#leadership = leadership;
      if (await this.#waitOut(leadership, waitMs, trying.signal)) {
        return { kind: "won", leadership };
      }
      leadership.abandon();
      void this.#ask(this.#over.signal, () => service.withdraw(this.id, epoch));
    }
    return { kind: "undecided", detail: "the service did not answer" };
  }

  async sighting(signal: AbortSignal): Promise<Sighting> {
    const answer = await this.#ask(signal, () => this.#replica.service.view(this.id));
    if (answer.kind === "unknown") return answer;
    const { leader } = answer.value;
    if (leader === undefined) return { kind: "nobody" };
    return leader.session === this.id ? { kind: "unknown" } : { kind: "led", leader: leader.info };
  }

  async turn(signal: AbortSignal): Promise<Call> {
    const { service, scheduler } = this.#replica;
    using waiting = new Scope(signal, this.#over.signal);
    while (!waiting.signal.aborted) {
      const { change } = service;
      const answer = await this.#ask(waiting.signal, () => {
        if (service.join(this.id)) this.#replica.writes += 1;
        return service.view(this.id);
      });
      if (answer.kind === "unknown") continue;
      this.#tell(answer.value);
      const { leader, hasPredecessor } = answer.value;
      const isLed = leader !== undefined && leader.session !== this.id;
      if (!isLed && !hasPredecessor) return { isOurTurn: true };
      using changed = new Scope(waiting.signal, change);
      await scheduler.sleep(touchEveryMs, changed.signal);
    }
    return outOfTurn;
  }

  async survey(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(signal, () => this.#replica.service.view(this.id));
    if (answer.kind === "answered") this.#tell(answer.value);
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#over.signal.aborted && this.lost.failure === undefined) return;
    const { service, link } = this.#replica;
    this.#leadership?.abandon();
    const leadership = this.#leadership;
    this.#leadership = undefined;
    this.#over.abort();
    const answer = await link.ask(signal, () => service.close(this.id));
    if (answer.kind === "answered" || leadership === undefined || leadership.isGivenUp) return;
    const epoch = leadership.hasResigned ? leadership.epoch : undefined;
    this.#replica.leaveBehind({ id: this.id, epoch });
  }

  abandon(): void {
    this.#leadership?.abandon();
    this.#over.abort();
  }

  #take() {
    const { service } = this.#replica;
    const before = service.epoch;
    const taken = service.take(this.id);
    if (service.epoch !== before) this.#replica.writes += 1;
    return taken;
  }

  /** Whether the lease of an earlier leader has passed, and our own goes on. */
  async #waitOut(
    leadership: MemoryLeadership,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { scheduler, events } = this.#replica;
    if (waitMs === 0) return true;
    const { epoch } = leadership;
    events.observe({ kind: "waiting-out", epoch, waitMs, observed: true });
    using waiting = new Scope(signal, leadership.lost.signal);
    await scheduler.sleep(waitMs, waiting.signal);
    return !waiting.signal.aborted;
  }

  #tell({ leader, position, candidates }: ServiceView): void {
    const { events } = this.#replica;
    if (leader !== undefined && leader.session !== this.id) {
      events.observe({ kind: "leader-seen", epoch: leader.epoch, leader: leader.info });
    }
    const standing = { kind: "in-line", position, size: candidates.length, candidates } as const;
    const told = JSON.stringify(standing);
    if (position < 0 || told === this.#standingTold) return;
    this.#standingTold = told;
    events.observe({ kind: "standing", standing });
  }

  /** Asks as long as the session is not over, and notes the answer as a sign of life. */
  async #ask<Value>(signal: AbortSignal, execute: () => Value) {
    const { link, scheduler, service } = this.#replica;
    using asking = new Scope(signal, this.#over.signal);
    const sentAt = scheduler.now();
    const answer = await link.ask(asking.signal, () => {
      const isKnown = service.touch(this.id);
      return { isKnown, value: isKnown ? execute() : undefined };
    });
    if (answer.kind === "unknown") return answer;
    if (sentAt > this.#heardAt) this.#heardAt = sentAt;
    const { isKnown, value } = answer.value;
    if (!isKnown) this.#lose();
    return isKnown
      ? ({ kind: "answered", value: value as Value } as const)
      : ({ kind: "unknown" } as const);
  }

  async #live(): Promise<void> {
    const { scheduler } = this.#replica;
    const { signal } = this.#over;
    while (!signal.aborted) {
      const lostAt = (this.#heardAt + lostAfterMs) as Instant;
      if (remainingMs(scheduler, lostAt) === 0) return this.#lose();
      const limitMs = Math.min(touchEveryMs, remainingMs(scheduler, lostAt));
      await within(scheduler, limitMs, [signal], async (limit) => {
        await this.#ask(limit, () => undefined);
        await aborted(limit);
      });
    }
  }

  #lose(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#leadership?.abandon();
    this.lost.end(sessionLost);
  }
}
