import type { ElectionEvent, Observer, TransitionEvent } from "../election/ports/observer.ts";
import type { Progress } from "../election/progress.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../base/scheduler.ts";
import type { Timings } from "../election/state.ts";

/** How often all is said again where no watchdog sets the pace. */
const defaultBeatMs = 5_000;
/** The number of signs of life in the time that the watchdog, or the start, allows. */
const beatsPerTimeout = 3;
/** What the end of the process may take beyond stop-timeout: the last lines of the log. */
const endingMs = 5_000;
/** The manager takes 4096 bytes in all. Source: NOTIFY_BUFFER_MAX of systemd */
const longestStatus = 1_000;

interface ServiceNotifierOptions {
  readonly scheduler: Scheduler;
  /** Where it listens; disposed with us. */
  readonly socket: MessageSocket;
  /** Without a sign of life for so long we are killed; undefined when nobody watches. */
  readonly watchdogMs: number | undefined;
  readonly progress: Progress;
  /** Read at each use: they may change. */
  readonly timings: Pick<Timings, "stopTimeoutMs">;
  /** Hears of trouble, once for each kind of it: for people. */
  readonly tell: (level: "warn" | "error", detail: string) => void;
}

/** See NotifySocket. */
interface MessageSocket extends Disposable {
  /** Sends one datagram, or throws. */
  send(message: string): void;
}

/**
 * Tells the service manager how the replica is: ready as soon as it takes part (Attempter), its
 * state as the status, stopping, and at every beat that it is alive. It is called alive when the
 * event loop came round to say so and the present state is not stuck, see Progress.
 *
 * Every message says all there is to say, so one that got lost is made up for by the next.
 * Source: sd_notify(3)
 */
export class ServiceNotifier implements Observer, AsyncDisposable {
  readonly #options: ServiceNotifierOptions;
  readonly #beatMs: number;
  readonly #closing = new AbortController();
  readonly #beating: Promise<void>;
  #isReady = false;
  #status = "Init";
  #leader: string | undefined;
  /** When stopping is over at the latest; undefined while we do not stop. */
  #stopsBy: Instant | undefined;
  /** The kinds of trouble that were told. */
  readonly #told = new Set<"unheard" | "stuck">();

  constructor(options: ServiceNotifierOptions) {
    this.#options = options;
    const { watchdogMs } = options;
    this.#beatMs = watchdogMs === undefined ? defaultBeatMs : watchdogMs / beatsPerTimeout;
    this.#say();
    this.#beating = this.#beat();
  }

  observe(event: ElectionEvent): void {
    this.#options.progress.observe(event);
    if (event.kind === "transition") this.#enter(event);
    if (event.kind === "attempt" && event.outcome === "led") this.#follow(event.leader?.replica);
  }

  /** Says no more. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#beating;
    this.#options.socket[Symbol.dispose]();
  }

  #enter({ to, detail, epoch }: TransitionEvent): void {
    this.#leader = undefined;
    this.#status = to === "Leader" ? `Leader, epoch ${epoch}` : `${to}: ${detail}`;
    if (to === "Attempter") this.#isReady = true;
    if (to === "Stopping") {
      const { scheduler, timings } = this.#options;
      this.#stopsBy = later(scheduler.now(), timings.stopTimeoutMs + endingMs);
    }
    this.#say();
  }

  #follow(leader: string | undefined): void {
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#status = `Attempter: ${leader ?? "another replica"} leads`;
    this.#say();
  }

  async #beat(): Promise<void> {
    const { scheduler, progress, watchdogMs } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      await scheduler.sleep(this.#beatMs, signal);
      if (signal.aborted) return;
      progress.passed(this.#beatMs);
      const { stuck } = progress;
      if (stuck === undefined) {
        this.#told.delete("stuck");
        this.#say(watchdogMs === undefined ? [] : ["WATCHDOG=1"]);
      } else {
        this.#tellOnce("error", "stuck", `no sign of life is given any more: ${stuck}`);
      }
    }
  }

  #say(more: readonly string[] = []): void {
    const lines = [...this.#phaseLines(), `STATUS=${oneLine(this.#status)}`, ...more];
    try {
      this.#options.socket.send(lines.join("\n"));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#tellOnce("warn", "unheard", `the service manager does not hear us: ${detail}`);
    }
  }

  /** Start and stop may take as long as our own options say, so each asks for the time. */
  #phaseLines(): readonly string[] {
    if (this.#stopsBy !== undefined) {
      const leftMs = remainingMs(this.#options.scheduler, this.#stopsBy);
      return ["STOPPING=1", extension(leftMs)];
    }
    return this.#isReady ? ["READY=1"] : [extension(this.#beatMs * beatsPerTimeout)];
  }

  #tellOnce(level: "warn" | "error", trouble: "unheard" | "stuck", detail: string): void {
    if (this.#told.has(trouble)) return;
    this.#told.add(trouble);
    this.#options.tell(level, detail);
  }
}

function extension(ms: number): string {
  return `EXTEND_TIMEOUT_USEC=${Math.ceil(ms * 1000)}`;
}

/** A line feed within the status would begin another assignment. */
function oneLine(status: string): string {
  return status.replaceAll(/\p{Cc}/gu, " ").slice(0, longestStatus);
}
