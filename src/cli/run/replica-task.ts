import type { Config } from "../../daemon/options.ts";
import type { Environment } from "../../options/environment.ts";
import type { Loading } from "../../options/table.ts";
import { type CommandLine, task, usageError } from "../command.ts";

/**
 * Has a replica run.
 * @param load reads its options: now, and again each time that it is told to
 * @param command what runs while it leads; undefined for the files alone
 */
export function replicaTask(
  load: () => Loading<Config>,
  command: readonly string[] | undefined,
  environment: Environment,
): CommandLine {
  const loading = load();
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config, settings, warnings } = loading;
  return task(
    { kind: "run", config, settings, warnings, reload: load, command },
    async (question) => await (await import("./run.ts")).runReplica(question, environment),
  );
}
