import { commandEnvironment } from "./config/command-environment.ts";
import { LiveConfig } from "./config/live-config.ts";
import type { Loading, Setting } from "./config/load-config.ts";
import type { Config } from "./config/options.ts";
import { openStateDirectory, releaseLeftBehind, type Teller } from "./crash-release.ts";
import type { ReplicaInfo } from "./election/coordinator.ts";
import { type ExitStatus, exitCodes } from "./election/exit-status.ts";
import { run } from "./election/machine.ts";
import { StepDown } from "./election/step-down.ts";
import { LocalDisk } from "./files/local-disk.ts";
import { HttpServer } from "./http/http-server.ts";
import { HttpServerError } from "./http/http-server-error.ts";
import { changesOf, checkToken, reload } from "./operator.ts";
import { replicaContext, type ReplicaSurroundings } from "./replica.ts";
import { listenToSignals } from "./system/process-signals.ts";
import { RealScheduler } from "./system/real-scheduler.ts";
import type { StateDirectory } from "./system/state-directory.ts";
import type { Commands } from "./exec/commands.ts";
import { LinuxProcesses } from "./exec/linux-processes.ts";
import { SupervisedCommands } from "./exec/supervised-commands.ts";
import { killMarginMs } from "./exec/timings.ts";
import { writeTo } from "./telemetry/line-writer.ts";
import { openLog } from "./telemetry/open-log.ts";
import { Telemetry } from "./telemetry/telemetry.ts";
import { encodeSessionKey, type SessionKey } from "./zookeeper/session-key.ts";
import { TcpTransport } from "./zookeeper/tcp-transport.ts";

const logDescriptor = 2;

export interface DaemonOptions {
  readonly config: Config;
  /** The configuration as it was given, for /status. */
  readonly settings: readonly Setting[];
  /** Reads the configuration anew, from where it came from. */
  readonly reload: () => Loading;
  readonly version: string;
  readonly hostName: string;
  /** What runs while the replica leads; undefined for the files alone. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether log lines may be coloured. */
  readonly colours: boolean;
}

/** Runs one replica until it is told to stop, or cannot go on. Resolves with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { settings, version, colours, hostName } = options;
  const live = new LiveConfig(options.config, settings, options.reload);
  const config = live.view;
  const scheduler = new RealScheduler();
  const stop = new AbortController();
  const stepDown = new StepDown();
  let httpAddress: string | null = null;
  const describe = (): ReplicaInfo => ({
    replica: config.replicaId,
    host: hostName,
    pid: process.pid,
    httpAddress,
    since: scheduler.wallClock().toISOString(),
  });
  await using telemetry = new Telemetry({
    scheduler,
    write: writeTo(openLog(logDescriptor)),
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    colours,
    self: describe,
    version,
    scraped: config.httpAddress !== null,
    settings: () => live.settings,
  });
  const { log } = telemetry;
  log.write("info", "start", `election ${version} starts`, {
    version,
    pid: process.pid,
    ...Object.fromEntries(settings.map(({ option, value }) => [option, value ?? undefined])),
  });
  using _signals = listenToSignals({
    stop: (signal) => {
      log.write("info", "signal", `${signal}: stopping`, { signal });
      stop.abort();
    },
    stopAtOnce: (signal, code) => {
      log.write("warn", "exit", `${signal} again: exits at once, giving nothing up`, { code });
      telemetry.flush();
      process.exit(code);
    },
    stepDown: () => {
      const heard = stepDown.request();
      const effect = heard ? "stepping down" : "not leading, so nothing to do";
      log.write("info", "signal", `SIGUSR1: ${effect}`, { signal: "SIGUSR1" });
    },
    reload: () => reload(live, log),
  });

  const tell: Teller = (level, detail) => log.write(level, "crash-release", detail);
  const state = await openStateDirectory(config, tell);
  const keep = keeperOf(state, tell);
  const releasing = state && releaseLeftBehind(state, config, scheduler, tell, stop.signal);

  let status: ExitStatus;
  let commandStatus = 0;
  try {
    await using http = await openHttp(config, scheduler, telemetry, stepDown);
    httpAddress = http?.address ?? null;
    await checkToken(config.httpTokenFile, telemetry.log);
    if (http !== undefined) log.write("info", "http", `answers HTTP at ${http.address}`);
    const context = replicaContext(config, {
      scheduler,
      transport: new TcpTransport(),
      disk: new LocalDisk(config.fileDir),
      observer: telemetry.observer,
      describe,
      keep,
      stepDown,
      stop: stop.signal,
      configChanged: () => live.changed,
      ...commandsOf(options, scheduler, telemetry, state),
      finish: (ended) => {
        log.write("info", "command", "stopping: the command is done", { status: ended });
        commandStatus = ended;
        stop.abort();
      },
    });
    status = await run(context);
  } catch (error) {
    if (!(error instanceof HttpServerError)) throw error;
    status = { code: exitCodes.usage, clean: true, reason: error.message };
  }
  stop.abort();
  await releasing;
  // With an effect still running nothing was given up: whoever finds us dead shall do it.
  if (status.code !== exitCodes.effectRunning) state?.[Symbol.dispose]();
  const level = status.code === exitCodes.stopped ? (status.clean ? "info" : "warn") : "error";
  const code = status.code === exitCodes.stopped ? commandStatus : status.code;
  log.write(level, "exit", status.reason, { code });
  return code;
}

/** The commands that the daemon runs: under leadership, and before and after it. */
function commandsOf(
  { command, config, environment }: DaemonOptions,
  scheduler: RealScheduler,
  telemetry: Telemetry,
  state: StateDirectory | undefined,
): Pick<ReplicaSurroundings, "commands" | "hooks"> {
  const { onElected, onLost } = config;
  if (command === undefined && onElected === null && onLost === null) return {};
  const inherited = commandEnvironment(environment);
  const { observer } = telemetry;
  const processes = new LinuxProcesses({ environment: inherited, inherited: undefined });
  const supervised = (words: readonly string[] | null | undefined): Commands | undefined =>
    words === null || words === undefined
      ? undefined
      : new SupervisedCommands({
          scheduler,
          processes,
          supervisor: [...thisProgram(), "supervise"],
          command: words,
          environment: inherited,
          lock: state?.lockDescriptor,
          stopSignal: config.execStopSignal,
          stopTimeoutMs: config.execStopTimeoutMs,
          killMarginMs: killMarginMs(config.sessionTimeoutMs),
          output: config.execRaw
            ? undefined
            : (stream, line) => observer.observe({ kind: "command-output", stream, line }),
        });
  const hooks =
    onElected === null && onLost === null
      ? undefined
      : { elected: supervised(onElected), lost: supervised(onLost) };
  return { commands: supervised(command), hooks };
}

/** The command line of this very program, also when its file was replaced by a newer one. */
function thisProgram(): readonly string[] {
  return Bun.isStandaloneExecutable ? ["/proc/self/exe"] : [process.execPath, Bun.main];
}

/** Keeps the session's key in the state directory; undefined where there is none. */
function keeperOf(
  state: StateDirectory | undefined,
  tell: Teller,
): ((key: SessionKey) => void) | undefined {
  if (state === undefined) return undefined;
  return (key) => {
    try {
      state.remember(encodeSessionKey(key));
    } catch (error) {
      tell("warn", `the session's key was not kept: ${String(error)}`);
    }
  };
}

async function openHttp(
  config: Config,
  scheduler: RealScheduler,
  telemetry: Telemetry,
  wish: StepDown,
): Promise<HttpServer | undefined> {
  if (config.httpAddress === null) return undefined;
  const { present } = telemetry;
  return await HttpServer.open({
    address: config.httpAddress,
    scheduler,
    providers: {
      state: () => present.state,
      isLeader: () => present.isLeader,
      epoch: () => present.epoch,
      leader: () => telemetry.leader(),
      status: () => telemetry.status(),
      metrics: () => telemetry.metrics(),
      metricsType: telemetry.metricsType,
      changes: changesOf(wish, scheduler, telemetry),
    },
    tokenPath: config.httpTokenFile ?? undefined,
    failed: (error) => telemetry.log.write("error", "http-failed", String(error)),
  });
}
