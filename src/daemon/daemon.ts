import { LiveConfig } from "../options/live.ts";
import { LocalDisk } from "../disk/local-disk.ts";
import { exitCodes, type ExitStatus } from "../election/exit-status.ts";
import { run } from "../election/machine.ts";
import type { Teller } from "../election/ports/crash-records.ts";
import { StepDown } from "../election/step-down.ts";
import { HttpServerError } from "../http/http-server-error.ts";
import { ProcessSignals } from "../system/process-signals.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import type { Log } from "../telemetry/log/log.ts";
import { coordinationOf } from "./coordination.ts";
import { openStateDirectory, runReleasing } from "./crash-release.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { grantedTimings } from "./granted-timings.ts";
import { checkToken, openHttp } from "./http.ts";
import { leaderCommands } from "./leader-commands.ts";
import { historyName, openTelemetry, savedInTheEnd, tellStart } from "./open-telemetry.ts";
import { optionTable } from "./options.ts";
import { replicaContext } from "./replica.ts";
import { ReplicaSelf } from "./replica-self.ts";
import { openNotifier } from "./open-notifier.ts";
import { signalHandlers } from "./signals.ts";

/** Runs one replica until it is told to stop, or cannot go on. Resolves with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const live = new LiveConfig(optionTable.options, options, options.reload);
  const config = live.view;
  using signals = new ProcessSignals(config.execForward ?? []);
  const scheduler = new RealScheduler();
  const stop = new AbortController();
  const stepDown = new StepDown();
  const self = new ReplicaSelf(config.replicaId, options.hostName, scheduler);
  const { describe } = self;
  await using coordination = await coordinationOf(config, scheduler);
  const seen = { live, scheduler, coordination, self: describe };
  await using telemetry = await openTelemetry(options, seen);
  const { log } = telemetry;
  tellStart(telemetry, options, scheduler.slewShare);
  await using notifier = openNotifier(options, config, scheduler, coordination, log);
  const tell: Teller = (level, detail) => log.write(level, "crash-release", detail);
  const state = await openStateDirectory(config.stateDir, tell);
  void telemetry.history.keepIn(state?.sharedFile(historyName(coordination.service), scheduler));
  const lock = state?.lockDescriptor;
  const supervision = { scheduler, coordination, observer: telemetry.observer, lock };
  const commands = await leaderCommands(options, supervision);
  signals.deliverTo(signalHandlers({ live, telemetry, stop, stepDown, commands }));
  const judge = grantedTimings(options, live, coordination, log);
  const observer = telemetry.observerAnd(...(notifier === undefined ? [] : [notifier]), judge);
  const coordinator = coordination.coordinator({ observer, describe, records: state, tell });
  const end = new DaemonEnd(log, stop);
  const releasing = { coordination, scheduler, tell, stop: stop.signal };
  const status = await runReleasing(state, releasing, async () => {
    await using _history = savedInTheEnd(telemetry, scheduler);
    try {
      const look = coordinator.survey.bind(coordinator);
      await using http = await openHttp(config, { scheduler, telemetry, stepDown, look });
      self.httpAddress = http?.address ?? null;
      await checkToken(config.httpTokenFile, log);
      if (http !== undefined) log.write("info", "http", `answers HTTP at ${http.address}`);
      await coordination.start(stop.signal);
      const context = replicaContext(config, {
        ...commands,
        scheduler,
        coordination,
        coordinator,
        disk: new LocalDisk(config.fileDir),
        observer,
        describe,
        stepDown,
        stop: stop.signal,
        configChanged: () => live.changed,
        finish: (ended) => end.finish(ended),
      });
      return await run(context);
    } catch (error) {
      if (!(error instanceof HttpServerError)) throw error;
      return { code: exitCodes.usage, clean: true, reason: error.message };
    }
  });
  return end.tell(status);
}

/** How the process ends, and what is told of it. */
class DaemonEnd {
  readonly #log: Log;
  readonly #stop: AbortController;
  #commandStatus = 0;

  constructor(log: Log, stop: AbortController) {
    this.#log = log;
    this.#stop = stop;
  }

  /** Stops the daemon because its command is done, and has ended with `status`. */
  finish(status: number): void {
    this.#log.write("info", "command", "stopping: the command is done", { status });
    this.#commandStatus = status;
    this.#stop.abort("the command is done");
  }

  /** Writes the last line of the log, and returns the exit code. */
  tell({ code, clean, reason }: ExitStatus): number {
    const isStopped = code === exitCodes.stopped;
    const exitCode = isStopped ? this.#commandStatus : code;
    const level = isStopped ? (clean ? "info" : "warn") : "error";
    this.#log.write(level, "exit", reason, { code: exitCode });
    return exitCode;
  }
}
