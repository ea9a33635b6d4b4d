import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import type { Observer } from "../election/ports/observer.ts";
import type { Scheduler } from "../base/scheduler.ts";
import type { SettingStatus, Status } from "../election/status.ts";
import { ChangeSignal } from "./status/change-signal.ts";
import { ElectionLog } from "./log/election-log.ts";
import type { Exposition, Pending } from "./metrics/exposition.ts";
import { fanOut } from "./fan-out.ts";
import { LeadershipHistory } from "./status/leadership-history.ts";
import { LineWriter, pauseThread, type Write } from "./log/line-writer.ts";
import { Log } from "./log/log.ts";
import type { LogFormat, LogLevelName } from "./log/log-entry.ts";
import { Present } from "./status/present.ts";
import { StatusBoard } from "./status/status-board.ts";

interface TelemetryOptions {
  readonly scheduler: Scheduler;
  /** Where log lines go: `writeTo(openLog(2))`. */
  readonly write: Write;
  readonly logLevel: LogLevelName;
  readonly logFormat: LogFormat;
  readonly colours: boolean;
  /** Whether the journal reads the log. */
  readonly journal: boolean;
  /** What the replica says of itself, as it is now: its HTTP address is known only later. */
  readonly self: () => ReplicaInfo;
  readonly version: string;
  /** See StatusBoardOptions. */
  readonly coordinatorName: string;
  /** Makes the metrics; undefined where nobody can ask for them. */
  readonly exposition: typeof Exposition | undefined;
  readonly pending: Pending;
  /** The options for /status as they are now, secrets masked. */
  readonly settings: () => readonly SettingStatus[];
  /** See StatusBoardOptions. */
  readonly failover: () => Status["failover"];
}

/** How long the end of the process waits for a slow reader of the log. */
const flushLimitMs = 1000;

/** Tells people and programs what the replica does: by log, metrics and status. */
export class Telemetry implements AsyncDisposable {
  readonly log: Log;
  /** To be given to everything that has events to tell. */
  readonly observer: Observer;
  readonly #writer: LineWriter;
  readonly #present: Present;
  readonly #board: StatusBoard;
  readonly #exposition: Exposition | undefined;
  readonly #changes = new ChangeSignal();
  /** Who led. It outlives the process once `keepIn` has given it a store. */
  readonly history: LeadershipHistory;

  constructor(options: TelemetryOptions) {
    const { scheduler, write, self, version, coordinatorName, settings, failover } = options;
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
      coordinatorName,
      settings,
      logLinesDropped: () => this.#writer.dropped,
    });
    const { exposition: Metrics, pending } = options;
    this.#exposition =
      Metrics &&
      new Metrics({
        scheduler,
        present: this.#present,
        version,
        pending,
        logLinesDropped: () => this.#writer.dropped,
      });
    // The present and the history come first, because the others read them; listeners come last.
    const { history } = this;
    const metrics = this.#exposition === undefined ? [] : [this.#exposition];
    const told = [this.#board, ...metrics, new ElectionLog(this.log)];
    this.observer = this.#fanOut([this.#present, history, ...told, this.#changes]);
  }

  /** An observer in place of `observer`, behind which `others` hear every event as well. */
  observerAnd(...others: readonly Observer[]): Observer {
    return this.#fanOut([this.observer, ...others]);
  }

  /** The replica's state, and whether it leads, read when it is asked for. */
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

  /** The metrics; undefined where nobody can ask for them. */
  get metrics(): Pick<Exposition, "text" | "contentType"> | undefined {
    return this.#exposition;
  }

  /** Writes what the log still holds, for a second at most: the last call of the process. */
  flush(): void {
    this.#writer.flush(flushLimitMs);
  }

  /** Ends the measuring and flushes. The log may still be used afterwards. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#exposition?.[Symbol.asyncDispose]();
    await this.#writer[Symbol.asyncDispose]();
    this.flush();
  }

  #fanOut(observers: readonly Observer[]): Observer {
    return fanOut(observers, (error, event) => {
      this.log.write("error", "observer-failed", String(error), { observed: event.kind });
    });
  }
}
