import type { ReplicaId } from "../election/ports/coordinator.ts";
import type { Duty, DutyEnd, Mandate, Proof } from "../election/ports/duty.ts";
import type { Observer } from "../election/ports/observer.ts";
import { type Instant, later, type Scheduler } from "../base/scheduler.ts";
import { unreachable } from "../base/unreachable.ts";
import type { CommandEnd, Commands } from "./commands.ts";

export interface HookedDutyOptions {
  readonly duty: Duty;
  /** Run before the duty begins, and after it has ended; undefined for none. */
  readonly elected: Commands | undefined;
  readonly lost: Commands | undefined;
  /** How long each of them may take before it is asked to end, in milliseconds. */
  readonly timeoutMs: number;
  /** What ending on-elected takes at most once its time is over: stop timeout and kill margin. */
  readonly stoppingMs: number;
  /** The same of on-lost, which no lease bounds. */
  readonly lostStoppingMs: number;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly replica: ReplicaId;
}

type Hook = "on-elected" | "on-lost";

/**
 * A duty between two commands. They run in order and never at the same time: `on-elected` has
 * ended before the duty begins, and `on-lost` before leadership is given up, so the next leader's
 * `on-elected` comes after it, unless this one was too slow for its lease. Every leadership that
 * began ends with an `on-lost`.
 */
export class HookedDuty implements Duty {
  readonly #options: HookedDutyOptions;

  constructor(options: HookedDutyOptions) {
    this.#options = options;
  }

  async prove(): Promise<Proof> {
    const { elected, lost, duty } = this.#options;
    const problem =
      problemOf("--on-elected", elected?.problem()) ?? problemOf("--on-lost", lost?.problem());
    if (problem === undefined) return await duty.prove();
    const failure = { resource: "duty", code: "duty-failed", detail: problem } as const;
    return { kind: "failed", failure };
  }

  async lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> {
    await this.#runElected(mandate, signal);
    const end: DutyEnd = signal.aborted
      ? { kind: "stopped" }
      : await this.#options.duty.lead(mandate, signal);
    const reason = end.kind === "failed" ? end.failure.code : (mandate.endReason() ?? "unknown");
    await this.#runLost(mandate, reason);
    return end;
  }

  /** Runs on-elected. It may act, as the duty may: the lease bounds it, and its own timeout. */
  async #runElected(mandate: Mandate, signal: AbortSignal): Promise<void> {
    const { elected, scheduler, timeoutMs, stoppingMs } = this.#options;
    if (elected === undefined || signal.aborted || !mandate.mayAct()) return;
    const latest = later(scheduler.now(), timeoutMs + stoppingMs);
    const until = (): Instant => Math.min(latest, mandate.validUntil()) as Instant;
    const running = elected.start({ until: until(), environment: this.#words(mandate, "elected") });
    const ended = new AbortController();
    const stop = (): void => running.stop();
    signal.addEventListener("abort", stop);
    const extending = (async () => {
      for (;;) {
        await mandate.renewal(ended.signal);
        if (ended.signal.aborted) return;
        running.extend(until());
      }
    })();
    this.#tell("on-elected", await running.ended);
    ended.abort();
    signal.removeEventListener("abort", stop);
    await extending;
  }

  /** Runs on-lost. It clears up, which no lease forbids; its own timeout bounds it. */
  async #runLost(mandate: Mandate, reason: string): Promise<void> {
    const { lost, scheduler, timeoutMs, lostStoppingMs } = this.#options;
    if (lost === undefined) return;
    const until = later(scheduler.now(), timeoutMs + lostStoppingMs);
    const running = lost.start({ until, environment: this.#words(mandate, reason) });
    this.#tell("on-lost", await running.ended);
  }

  #words(mandate: Mandate, reason: string): Readonly<Record<string, string>> {
    return {
      ELECTION_EPOCH: mandate.epoch.toString(),
      ELECTION_REPLICA_ID: this.#options.replica,
      ELECTION_REASON: reason,
    };
  }

  #tell(hook: Hook, end: CommandEnd): void {
    const failed = end.kind !== "exited" || end.code !== 0;
    const level = failed ? "warn" : "info";
    this.#options.observer.observe({ kind: "notice", level, detail: `${hook} ${outcomeOf(end)}` });
  }
}

function problemOf(option: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${option}: ${problem}`;
}

function outcomeOf(end: CommandEnd): string {
  switch (end.kind) {
    case "exited":
      return end.code === 0 ? "has run" : `ended with status ${end.code}`;
    case "stopped":
      return end.cause === "deadline" ? "took too long, and was stopped" : "was stopped";
    case "not-started":
    case "unsupervised":
      return `did not run: ${end.detail}`;
    default:
      return unreachable(end);
  }
}
