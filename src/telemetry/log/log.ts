import { type ConsolaInstance, createConsola, LogLevels } from "consola/core";
import type { Scheduler } from "../../base/scheduler.ts";
import type { StateName } from "../../election/transitions.ts";
import { jsonLine } from "./json-line.ts";
import type { LineWriter } from "./line-writer.ts";
import {
  levelled,
  type LogEntry,
  type LogFields,
  type LogFormat,
  type LogLevelName,
} from "./log-entry.ts";
import { prettyLine } from "./pretty-line.ts";

export interface LogOptions {
  readonly scheduler: Scheduler;
  readonly writer: LineWriter;
  readonly level: LogLevelName;
  readonly format: LogFormat;
  /** Whether pretty lines are coloured. */
  readonly colours: boolean;
  /** Whether the journal reads the lines: then each has its level in front, see levelled. */
  readonly journal: boolean;
  readonly replica: string;
  /** The state that the replica is in when a line is written. */
  readonly state: () => StateName;
}

/** The structured log: one line per call, through consola, in our own forms. It never throws. */
export class Log {
  readonly #options: LogOptions;
  readonly #consola: ConsolaInstance;

  constructor(options: LogOptions) {
    this.#options = options;
    const { writer, format, colours, journal } = options;
    this.#consola = createConsola({
      level: LogLevels[options.level],
      // consola would hold back lines that repeat, by its own clock and its own timer: never.
      throttle: Number.NEGATIVE_INFINITY,
      reporters: [
        {
          log: ({ args }) => {
            const entry = args[0] as LogEntry;
            const line = format === "json" ? jsonLine(entry) : prettyLine(entry, colours);
            writer.write(journal ? levelled(entry.level, line) : line);
          },
        },
      ],
    });
  }

  get replica(): string {
    return this.#options.replica;
  }

  /** From now on, lines that are less important than this level are left out. */
  set level(level: LogLevelName) {
    this.#consola.level = LogLevels[level];
  }

  /** Whether lines of this level are written: to be asked before a costly line is put together. */
  writes(level: LogLevelName): boolean {
    return LogLevels[level] <= this.#consola.level;
  }

  /**
   * Writes one line.
   *
   * @param event a stable name of what happened, in kebab-case
   * @param message one sentence for a person
   */
  write(level: LogLevelName, event: string, message: string, fields: LogFields = {}): void {
    const dropped = this.#options.writer.takeUnreported();
    if (dropped > 0) {
      const told = "log lines were dropped because nobody read them in time";
      this.#emit("warn", "log-dropped", told, { lines: dropped });
    }
    this.#emit(level, event, message, fields);
  }

  #emit(level: LogLevelName, event: string, message: string, fields: LogFields): void {
    if (!this.writes(level)) return;
    const { scheduler, replica, state } = this.#options;
    const time = scheduler.wallClock();
    const entry: LogEntry = { time, level, state: state(), replica, event, fields, message };
    // consola takes a lone object with `args` as a whole log object, date included.
    this.#consola[level]({ date: time, args: [entry] });
  }
}
