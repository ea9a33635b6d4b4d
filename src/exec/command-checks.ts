import type { LeaseTiming } from "../election/ports/lease-timing.ts";
import type { ConfigOf } from "../options/option.ts";
import { type Setting, shownSetting } from "../options/setting.ts";
import type { Check } from "../options/table.ts";
import type { commandOptions } from "./options.ts";
import {
  commandKinds,
  type CommandKinds,
  type CommandTimings,
  type HookTimings,
  runsUnderLease,
  leaseProblem,
  stopProblem,
  stopTimeoutCut,
  timingProblem,
} from "./timings.ts";

/**
 * Whether the commands of a leader can be stopped in time, and whether what follows on their end
 * can ever follow.
 * @param runsCommand whether a command is the leader's duty, besides the hooks
 * @param timingOf the times of the lease that a configuration asks for
 */
export function commandCheck<Config extends ConfigOf<typeof commandOptions> & CommandTimings>(
  runsCommand: boolean,
  timingOf: (config: Config) => LeaseTiming,
): Check<Config> {
  return ({ config, settings }) => {
    const timing = timingOf(config);
    const { execRestart, execThen } = config;
    const kinds = commandKinds(config, runsCommand);
    const problem = runsUnderLease(kinds) ? timingProblem(config, timing) : undefined;
    if (problem !== undefined) {
      return { problems: [`${shownSetting(settings, "exec-stop-timeout")}: ${problem}`] };
    }
    const warnings: string[] = [];
    const late = stopProblem(config, timing, kinds);
    if (late !== undefined) warnings.push(`${shownSetting(settings, "stop-timeout")}: ${late}`);
    if (runsCommand && execRestart === "always" && execThen !== "stay") {
      const [sequel, restart] = ["exec-then", "exec-restart"].map((flag) =>
        shownSetting(settings, flag),
      );
      warnings.push(`${sequel}: never applies with ${restart}`);
    }
    return { warnings };
  };
}

/**
 * What is to be said of the timings under the lease as it is granted, one line each: what becomes
 * of the stop timeout, or why no command can run, and what may end too late.
 */
export function grantWarnings(
  timings: HookTimings,
  timing: LeaseTiming,
  kinds: CommandKinds,
  settings: readonly Setting[],
): readonly string[] {
  const cut = leaseProblem(timing, kinds) ?? stopTimeoutCut(timings, timing, kinds);
  const late = stopProblem(timings, timing, kinds);
  return [
    ...(cut === undefined ? [] : [`${shownSetting(settings, "exec-stop-timeout")}: ${cut}`]),
    ...(late === undefined ? [] : [`${shownSetting(settings, "stop-timeout")}: ${late}`]),
  ];
}
