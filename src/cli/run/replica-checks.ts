import { formatDuration } from "../../options/duration.ts";
import { type Loading, type Setting, shownSetting } from "../../options/load.ts";
import { askedLeaseTiming, commandKinds, type Config } from "../../daemon/options.ts";
import { stopProblem, timingProblem } from "../../exec/timings.ts";

/** What a replica does while it leads besides what its options say. */
export type ReplicaKind = "run" | "exec";

/**
 * The same, unless a command could not be stopped in time; with a warning for each setting that is
 * allowed, and cannot do what it says.
 */
export function checked(loading: Loading, kind: ReplicaKind): Loading {
  if (loading.kind === "invalid") return loading;
  const { config, settings } = loading;
  const problem = stopsCommands(config, kind)
    ? timingProblem(config, askedLeaseTiming(config), formatDuration)
    : undefined;
  if (problem !== undefined) {
    return { kind: "invalid", problems: [`${shown(settings, "exec-stop-timeout")}: ${problem}`] };
  }
  return { ...loading, warnings: [...loading.warnings, ...doubts(config, settings, kind)] };
}

/** Whether a command may run under the lease: on-lost runs behind it. */
function stopsCommands({ onElected }: Config, kind: ReplicaKind): boolean {
  return kind === "exec" || onElected !== null;
}

function doubts(
  config: Config,
  settings: readonly Setting[],
  kind: ReplicaKind,
): readonly string[] {
  const { httpAddress, httpTokenFile, execRestart, execThen } = config;
  const found: string[] = [];
  const kinds = commandKinds(config, kind === "exec");
  const late = stopProblem(config, askedLeaseTiming(config), kinds, formatDuration);
  if (late !== undefined) found.push(`${shown(settings, "stop-timeout")}: ${late}`);
  if (kind === "exec" && execRestart === "always" && execThen !== "stay") {
    const restart = shown(settings, "exec-restart");
    found.push(`${shown(settings, "exec-then")}: never applies with ${restart}`);
  }
  if (httpTokenFile !== null && httpAddress === null) {
    found.push(`${shown(settings, "http-token-file")}: has no effect without --http-address`);
  }
  return found;
}

function shown(settings: readonly Setting[], option: string): string {
  const setting = settings.find((candidate) => candidate.option === option);
  return setting === undefined ? `--${option}` : shownSetting(setting);
}
