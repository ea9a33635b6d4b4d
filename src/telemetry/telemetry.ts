import { Registry } from "./prometheus.ts";
import type { ReplicaInfo } from "../election/coordinator.ts";
import type { Observer } from "../election/observer.ts";
import type { Scheduler } from "../election/scheduler.ts";
import type { SettingStatus, Status } from "../election/status.ts";
import { Changes } from "./changes.ts";
import { ElectionLog } from "./election-log.ts";
import { fanOut } from "./fan-out.ts";
import { LeadershipHistory } from "./leadership-history.ts";
import { LineWriter, pauseThread, type Write } from "./line-writer.ts";
import { Log } from "./log.ts";
import type { LogLevelName } from "./log-entry.ts";
import { LoopLag } from "./loop-lag.ts";
import { ElectionMetrics } from "./metrics.ts";
import { Present } from "./present.ts";
import { processMetrics } from "./process-metrics.ts";
import { readCounter, readGauge } from "./read-metric.ts";
import { StatusBoard } from "./status-board.ts";

export interface TelemetryOptions {
  readonly scheduler: Scheduler;
  /** Where log lines go: `writeTo(openLog(2))`. */
  readonly write: Write;
  readonly logLevel: LogLevelName;
  readonly logFormat: "json" | "pretty";
  readonly colours: boolean;
  /** Whether the journal reads the log. */
  readonly journal: boolean;
  /** What the replica says of itself, as it is now: its HTTP address is known only later. */
  readonly self: () => ReplicaInfo;
  readonly version: string;
  /** Whether anybody can ask for the metrics: what costs time to measure is left out otherwise. */
  readonly scraped: boolean;
  readonly pending: Pending;
  /** The options for /status as they are now, secrets masked. */
  readonly settings: () => readonly SettingStatus[];
  /** See StatusBoardOptions. */
  readonly failover: (grantedMs: number | undefined) => Status["failover"];
}

/** What the replica waits for at this moment, by number: flat over days, or something leaks. */
export interface Pending {
  /** Sleeps of the scheduler that are under way. */
  readonly timers: () => number;
  /** Requests to the coordinator that are unanswered. */
  readonly requests: () => number;
}

/** How long the end of the process waits for a slow reader of the log. */
const flushLimitMs = 1000;

/** All that tells people and programs what the replica does: log, metrics and status. */
export class Telemetry implements AsyncDisposable {
  readonly log: Log;
  /** To be given to everything that has events to tell. */
  readonly observer: Observer;
  readonly #registry = new Registry();
  readonly #writer: LineWriter;
  readonly #present: Present;
  readonly #board: StatusBoard;
  readonly #loopLag: LoopLag | undefined;
  readonly #changes = new Changes();
  /** Who led: to be given a store where there is one. */
  readonly history: LeadershipHistory;

  constructor(options: TelemetryOptions) {
    const { scheduler, write, self, version, settings, failover } = options;
    this.#writer = new LineWriter({ scheduler, write, pause: pauseThread });
    this.#present = new Present(scheduler);
    this.log = new Log({
      scheduler,
      writer: this.#writer,
      level: options.logLevel,
      format: options.logFormat,
      colours: options.colours,
      journal: options.journal,
      replica: self().replica,
      state: () => this.#present.state,
    });
    this.history = new LeadershipHistory({
      scheduler,
      replica: self().replica,
      told: (detail) => this.log.write("warn", "history", detail),
    });
    this.#board = new StatusBoard({
      scheduler,
      history: this.history,
      failover,
      present: this.#present,
      self,
      version,
      settings,
      logLinesDropped: () => this.#writer.dropped,
    });
    const metrics = new ElectionMetrics(this.#registry, this.#present);
    processMetrics(this.#registry, scheduler, version);
    pendingGauges(this.#registry, options.pending);
    readCounter(
      this.#registry,
      "election_log_lines_dropped_total",
      "Log lines that were dropped because nobody read them in time.",
      () => this.#writer.dropped,
    );
    this.#loopLag = options.scraped ? new LoopLag(this.#registry, scheduler) : undefined;
    // The present picture and the history first, the word of a change last: the others read them.
    const { history } = this;
    const told = [this.#board, metrics, new ElectionLog(this.log)];
    this.observer = this.#fanOut([this.#present, history, ...told, this.#changes]);
  }

  /** To be given instead of `observer`: `another` hears every event as well, behind it. */
  observerAnd(another: Observer): Observer {
    return this.#fanOut([this.observer, another]);
  }

  /** Where the replica stands, asked and answered at the same moment. */
  get present(): Pick<Present, "state" | "isLeader" | "epoch"> {
    return this.#present;
  }

  /** Who leads, as far as is known here. */
  leader(): ReplicaInfo | undefined {
    return this.#board.leader();
  }

  status(): Status {
    return this.#board.status();
  }

  /** Calls `listener` whenever the status may have changed, until disposed. */
  onChange(listener: () => void): Disposable {
    return this.#changes.listen(listener);
  }

  /** The metrics in Prometheus' text format, of the content type `metricsType`. */
  metrics(): Promise<string> {
    return this.#registry.metrics();
  }

  get metricsType(): string {
    return this.#registry.contentType;
  }

  /** Writes what the log still holds, for a second at most: the last call of the process. */
  flush(): void {
    this.#writer.flush(flushLimitMs);
  }

  /** Ends the measuring and flushes. The log may still be used afterwards. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loopLag?.[Symbol.asyncDispose]();
    await this.#writer[Symbol.asyncDispose]();
    this.flush();
  }

  #fanOut(observers: readonly Observer[]): Observer {
    return fanOut(observers, (error, event) => {
      this.log.write("error", "observer-failed", String(error), { observed: event.kind });
    });
  }
}

function pendingGauges(registry: Registry, { timers, requests }: Pending): void {
  readGauge(
    registry,
    "election_timers_pending",
    "Timers that are set: a few, and no more after days.",
    timers,
  );
  readGauge(
    registry,
    "election_coordinator_requests_pending",
    "Requests to the coordinator without an answer yet, queued ones included.",
    requests,
  );
}
