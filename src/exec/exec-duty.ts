import type { ReplicaId } from "../election/ports/coordinator.ts";
import type { Duty, DutyEnd, Mandate, Proof } from "../election/ports/duty.ts";
import type { Failure } from "../election/failure.ts";
import type { ElectionEvent, Observer } from "../election/ports/observer.ts";
import { type Instant, remainingMs, type Scheduler, uptimeOf } from "../base/scheduler.ts";
import { aborted, Scope } from "../base/scope.ts";
import { unreachable } from "../base/unreachable.ts";
import type { CommandEnd, Commands } from "./commands.ts";
import type { RestartPolicy, Sequel } from "./options.ts";
import { RestartPause, wellAfterMs } from "./restart-pause.ts";

interface ExecDutyOptions {
  readonly commands: Commands;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly replica: ReplicaId;
  readonly restart: RestartPolicy;
  readonly sequel: Sequel;
  /** The room that stopping takes before the end of the lease: stop timeout and kill margin. */
  readonly stoppingMs: number;
  /** Why no command can run under the lease as it is granted now; undefined when one can. */
  readonly leaseProblem: string | undefined;
  /** Asks for the step-down of `sequel: "resign"`. */
  readonly resign: () => void;
  /** Asks the daemon to stop, and to end with this code: for `sequel: "exit"`. */
  readonly exit: (code: number) => void;
}

/** How long a start waits for a renewal that leaves room for it. */
const patienceMs = 10_000;

/**
 * The leader's duty as a command: it starts after leadership was won, and not one process of it
 * lives when leadership is given up or the lease ends.
 */
export class ExecDuty implements Duty {
  readonly #options: ExecDutyOptions;
  readonly #pause: RestartPause;

  constructor(options: ExecDutyOptions) {
    this.#options = options;
    this.#pause = new RestartPause(options.scheduler);
  }

  prove(): Promise<Proof> {
    const problem = this.#options.commands.problem();
    if (problem !== undefined) {
      return Promise.resolve({ kind: "failed", failure: dutyFailed(problem) });
    }
    return Promise.resolve({ kind: "proved", fence: undefined });
  }

  async lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> {
    const { scheduler, restart } = this.#options;
    for (;;) {
      const pauseMs = this.#pause.remainingMs;
      if (pauseMs > 0) await scheduler.sleep(pauseMs, signal);
      const room = await this.#room(mandate, signal);
      if (signal.aborted) return { kind: "stopped" };
      if (!room) return failed(this.#options.leaseProblem ?? this.#noRoom());
      const startedAt = scheduler.now();
      const end = await this.#run(mandate, signal);
      if (end.kind !== "stopped") this.#pause.ran(startedAt);
      const { leaseProblem } = this.#options;
      const isOutOfTime = end.kind === "stopped" && end.cause === "deadline";
      if (isOutOfTime && leaseProblem !== undefined) return failed(leaseProblem);
      const failure = failureOf(end);
      if (failure !== undefined) return { kind: "failed", failure };
      mandate.worked();
      if (end.kind !== "exited") return { kind: "stopped" };
      this.#tell("exited", mandate, `exited with status ${end.code}`, end.code);
      if (signal.aborted) return { kind: "stopped" };
      if (restart === "always" || (restart === "on-failure" && end.code !== 0)) continue;
      this.#follow(end);
      await aborted(signal);
      return { kind: "stopped" };
    }
  }

  /** One run of the command, to the end of its last process. */
  async #run(mandate: Mandate, signal: AbortSignal): Promise<CommandEnd> {
    const { commands, scheduler, replica } = this.#options;
    const until = mandate.validUntil();
    if (!mandate.mayAct()) return { kind: "stopped", cause: "deadline" };
    const running = commands.start({
      until,
      environment: {
        ELECTION_EPOCH: mandate.epoch.toString(),
        ELECTION_REPLICA_ID: replica,
        ELECTION_LEASE_UNTIL: inSeconds(uptimeOf(scheduler, until)),
      },
    });
    using watching = new Scope(signal);
    const stop = (): void => running.stop();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const extending = this.#extend(mandate, watching.signal, running.extend.bind(running));
    const proving = this.#proveIn(mandate, watching.signal);
    this.#tell("started", mandate, "starts");
    const end = await running.ended;
    if (end.kind === "stopped") this.#tell("stopped", mandate, stopDetail[end.cause]);
    watching.abort();
    signal.removeEventListener("abort", stop);
    await Promise.all([extending, proving]);
    return end;
  }

  /**
   * A command that has run for a while works. One that runs for months must not wait for its end to
   * prove it: the failures of all these months would count together.
   */
  async #proveIn(mandate: Mandate, stop: AbortSignal): Promise<void> {
    await this.#options.scheduler.sleep(wellAfterMs, stop);
    if (!stop.aborted) mandate.worked();
  }

  /** Moves the command's end with every renewal of the lease. */
  async #extend(
    mandate: Mandate,
    stop: AbortSignal,
    extend: (until: Instant) => void,
  ): Promise<void> {
    for (;;) {
      await mandate.renewal(stop);
      if (stop.aborted) return;
      if (mandate.mayAct()) extend(mandate.validUntil());
    }
  }

  /** Waits until the lease leaves room to start and stop a command; false when it never does. */
  async #room(mandate: Mandate, signal: AbortSignal): Promise<boolean> {
    const { scheduler } = this.#options;
    if (this.#options.leaseProblem !== undefined) return false;
    using waiting = new Scope(signal);
    const limit = scheduler.sleep(patienceMs, waiting.signal).then(() => waiting.abort());
    const hasRoom = (): boolean =>
      remainingMs(scheduler, mandate.validUntil()) > this.#options.stoppingMs;
    while (!hasRoom() && !waiting.signal.aborted) await mandate.renewal(waiting.signal);
    waiting.abort();
    await limit;
    return hasRoom();
  }

  #noRoom(): string {
    const { stoppingMs } = this.#options;
    return (
      `the lease never leaves the ${stoppingMs} ms that stopping the command takes: ` +
      "the coordinator answers too late"
    );
  }

  #follow(end: ExitedEnd): void {
    const { sequel, resign, exit } = this.#options;
    if (sequel === "resign") resign();
    if (sequel === "exit") exit(end.code);
  }

  #tell(change: CommandChange, { epoch }: Mandate, detail: string, status?: number): void {
    this.#options.observer.observe({ kind: "command", change, epoch, status, detail });
  }
}

type ExitedEnd = Extract<CommandEnd, { readonly kind: "exited" }>;
type CommandChange = Extract<ElectionEvent, { readonly kind: "command" }>["change"];

const stopDetail = {
  asked: "was stopped; none of its processes lives",
  deadline: "was stopped before the end of the lease; none of its processes lives",
} as const;

function failureOf(end: CommandEnd): Failure | undefined {
  switch (end.kind) {
    case "not-started":
      return dutyFailed(`the command did not start: ${end.detail}`);
    case "unsupervised":
      return dutyFailed(`the command was killed: ${end.detail}`);
    case "stopped":
      if (end.cause === "asked") return undefined;
      return {
        resource: "coordinator",
        code: "lease-ended",
        detail: "no renewal was acknowledged in time, so the command was stopped",
      };
    case "exited":
      return undefined;
    default:
      return unreachable(end);
  }
}

/** In hundredths, as /proc/uptime has them, and never later. */
function inSeconds(ms: number): string {
  return (Math.floor(ms / 10) / 100).toFixed(2);
}

function failed(detail: string): DutyEnd {
  return { kind: "failed", failure: dutyFailed(detail) };
}

function dutyFailed(detail: string): Failure {
  return { resource: "duty", code: "duty-failed", detail };
}
