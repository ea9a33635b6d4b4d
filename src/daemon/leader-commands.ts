import { commandEnvironment } from "../exec/command-environment.ts";
import { stopLimits } from "../exec/timings.ts";
import type { Observer } from "../election/ports/observer.ts";
import type { Scheduler } from "../base/scheduler.ts";
import type { StopSignalName } from "../exec/supervisor/messages.ts";
import type { SupervisedCommands } from "../exec/supervisor/supervised-commands.ts";
import type { LeaseTiming } from "../election/ports/lease-timing.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { ReplicaMeans } from "./replica.ts";

/** What commands are run with. */
interface CommandMeans {
  readonly scheduler: Scheduler;
  readonly coordination: { readonly timing: LeaseTiming };
  readonly observer: Observer;
  /** The descriptor of the state directory's lock; undefined without one. */
  readonly lock: number | undefined;
}

export interface LeaderCommands extends Pick<ReplicaMeans, "commands" | "hooks"> {
  /** Sends the command a signal; false when none runs. */
  readonly forward?: (signal: StopSignalName) => boolean;
}

/**
 * The commands that a daemon runs: under leadership, and before and after it. Every one of them
 * holds `lock`, the descriptor of the state directory's lock, as long as it lives.
 */
export async function leaderCommands(
  { command, config, environment }: DaemonOptions,
  { scheduler, coordination, observer, lock }: CommandMeans,
): Promise<LeaderCommands> {
  const { onElected, onLost } = config;
  if (command === undefined && onElected === null && onLost === null) return {};
  // Loaded here, because most replicas run no command.
  const { LinuxProcesses } = await import("../exec/supervisor/linux-processes.ts");
  const { SupervisedCommands } = await import("../exec/supervisor/supervised-commands.ts");
  const inherited = commandEnvironment(environment);
  const processes = new LinuxProcesses({ environment: inherited, inherited: [] });
  const supervised = (
    words: readonly string[] | null | undefined,
    isUnderLease: boolean,
  ): SupervisedCommands | undefined =>
    words === null || words === undefined
      ? undefined
      : new SupervisedCommands({
          scheduler,
          processes,
          supervisor: [...thisProgram(), "supervise"],
          command: words,
          environment: inherited,
          lock,
          stopSignal: config.execStopSignal,
          limits: () => stopLimits(config, coordination.timing, isUnderLease),
          output: config.execRaw
            ? undefined
            : (stream, line) => observer.observe({ kind: "command-output", stream, line }),
        });
  const hooks =
    onElected === null && onLost === null
      ? undefined
      : { elected: supervised(onElected, true), lost: supervised(onLost, false) };
  const commands = supervised(command, true);
  return { commands, hooks, forward: (signal) => commands?.forward(signal) ?? false };
}

/** The command line of this very program, also when its file was replaced by a newer one. */
function thisProgram(): readonly string[] {
  return Bun.isStandaloneExecutable ? ["/proc/self/exe"] : [process.execPath, Bun.main];
}
