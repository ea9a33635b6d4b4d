import type { Patience } from "./ports/lease-timing.ts";
import type { ElectionEvent, Observer } from "./ports/observer.ts";
import type { Timings } from "./state.ts";
import type { StateName } from "./transitions.ts";

/** Room for what bounds itself: a proof of the duty (5 s), letting go (2 s), and a slow machine. */
const graceMs = 15_000;

/** They are read at each use: they may change. */
interface ProgressTimings extends Timings {
  /** The pace of a duty that writes. */
  readonly leaderTimeoutMs: number;
}

/** What a duty may take its time for. Read at each use, since it may change. */
export interface DutyPace {
  /** Whether it writes files; one that does not may be silent for as long as it likes. */
  readonly writes: boolean;
  /** How long it may take to begin, and to end, in milliseconds: what it bounds by itself. */
  readonly beginMs: number;
  readonly endMs: number;
}

/** An event that a state owes, and how long it may be silent before it has to come again. */
interface Debt {
  readonly owed: ElectionEvent["kind"];
  readonly withinMs: number;
}

/**
 * Whether the replica moves: every state owes a sign of life, and its own timings say how often. A
 * state that stays silent for longer than it can by its own rules is stuck: that is a bug, whatever
 * the event loop does meanwhile. A coordinator or a disk that does not answer is none: there, the
 * sign is that we go on trying.
 */
export class Progress implements Observer {
  readonly #timings: ProgressTimings;
  readonly #coordination: { readonly patience: Patience };
  readonly #duty: DutyPace;
  #state: StateName = "Init";
  /** How long the attempt under way waits for an earlier lease to end. */
  #waitingOutMs = 0;
  /** How long a step-down keeps the replica from standing. */
  #restMs = 0;
  #silentMs = 0;
  /** Per kind of event, the silence (as of `#silentMs`) at which it came last. */
  readonly #heardAt = new Map<ElectionEvent["kind"], number>();

  /** @param coordination says how long a coordinator that works may take, at each use */
  constructor(
    timings: ProgressTimings,
    coordination: { readonly patience: Patience },
    duty: DutyPace,
  ) {
    this.#timings = timings;
    this.#coordination = coordination;
    this.#duty = duty;
  }

  observe(event: ElectionEvent): void {
    if (event.kind === "waiting-out") this.#waitingOutMs = event.waitMs;
    if (event.kind === "resting" && event.change === "began") this.#restMs = event.restMs;
    if (event.kind === "transition") {
      this.#state = event.to;
      this.#waitingOutMs = 0;
      this.#restMs = 0;
      this.#silentMs = 0;
      this.#heardAt.clear();
    }
    this.#heardAt.set(event.kind, this.#silentMs);
  }

  /**
   * Counts `ms` milliseconds in which the replica could have moved. What a stopped process or a
   * blocked loop has missed is not to be counted: it was not the states that were silent.
   */
  passed(ms: number): void {
    this.#silentMs += ms;
  }

  /** What the present state owes and has not shown in time: for people. Undefined when it moves. */
  get stuck(): string | undefined {
    const debt = this.#debts().find(
      ({ owed, withinMs }) => this.#silentMs - (this.#heardAt.get(owed) ?? 0) > withinMs,
    );
    return debt && `${this.#state} owes a ${debt.owed} within ${debt.withinMs} ms`;
  }

  #debts(): readonly Debt[] {
    const { attempterTimeoutMs, failoverTimeoutMs, leaderTimeoutMs, stopTimeoutMs } = this.#timings;
    const { patience } = this.#coordination;
    const { writes, beginMs, endMs } = this.#duty;
    const answerMs = patience.answersMs + graceMs;
    const attemptMs = patience.attemptMs + graceMs;
    const states: Readonly<Record<StateName, readonly Debt[]>> = {
      Init: [{ owed: "transition", withinMs: answerMs }],
      Attempter: [
        {
          owed: "attempt",
          withinMs: attempterTimeoutMs + this.#waitingOutMs + this.#restMs + attemptMs,
        },
      ],
      Leader: [
        { owed: "lease", withinMs: answerMs },
        ...(writes
          ? [
              {
                owed: "file-written",
                withinMs: beginMs + leaderTimeoutMs + endMs + answerMs,
              } as const,
            ]
          : []),
      ],
      Failover: [{ owed: "repair", withinMs: endMs + failoverTimeoutMs + answerMs }],
      Stopping: [{ owed: "transition", withinMs: stopTimeoutMs + answerMs }],
    };
    return states[this.#state];
  }
}
