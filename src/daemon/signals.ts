import type { LiveConfig } from "../options/live.ts";
import type { StepDown } from "../election/step-down.ts";
import type { ForwardedSignal } from "../exec/options.ts";
import type { SignalHandlers } from "../system/process-signals.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Log } from "../telemetry/log/log.ts";
import type { LeaderCommands } from "./leader-commands.ts";
import type { Options } from "./options.ts";

/** What the daemon does on a signal, besides telling that it came. */
interface SignalMeans {
  readonly live: LiveConfig<Options>;
  readonly telemetry: Telemetry;
  readonly stop: AbortController;
  readonly stepDown: StepDown;
  readonly commands: LeaderCommands;
}

export function signalHandlers(means: SignalMeans): SignalHandlers<ForwardedSignal> {
  const { live, telemetry, stop, stepDown, commands } = means;
  const { log } = telemetry;
  return {
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
    passOn: (signal) => {
      const heard = commands.forward?.(signal) ?? false;
      const effect = heard ? "passed on to the command" : "no command runs, so nobody is told";
      log.write("info", "signal", `${signal}: ${effect}`, { signal });
    },
    meansNothing: (signal) => {
      const hint = live.view.execForward?.includes("SIGUSR1") ? "" : "; SIGUSR1 steps down";
      log.write("warn", "signal", `${signal} means nothing here${hint}`, { signal });
    },
    reload: () => reload(live, log),
  };
}

/** Reads the configuration again, and tells what came of it: on SIGHUP. */
function reload(live: LiveConfig<Options>, log: Log): void {
  const reloading = live.reload();
  if (reloading.kind === "invalid") {
    for (const problem of reloading.problems) log.write("warn", "reload", problem);
    log.write("warn", "reload", "SIGHUP: nothing has changed, because of what is said above");
    return;
  }
  const { changed, kept } = reloading;
  log.level = live.view.logLevel;
  for (const { option, from, to } of changed) {
    const message = `${option} is ${to ?? "off"} from now on`;
    log.write("info", "reload", message, { option, from: from ?? undefined, to: to ?? undefined });
  }
  for (const { option, from, to } of kept) {
    const message = `${option} stays ${from ?? "off"}: it is ${to ?? "off"} from the next start on`;
    log.write("warn", "reload", message, { option, from: from ?? undefined, to: to ?? undefined });
  }
  const count = `${changed.length} changed, ${kept.length} kept until the next start`;
  log.write("info", "reload", `SIGHUP: read the configuration again: ${count}`);
}
