import { runDaemon } from "../../daemon/daemon.ts";
import type { DaemonOptions } from "../../daemon/daemon-options.ts";
import { type Environment, logDescriptor } from "../../options/environment.ts";
import { isJournal, serviceNotificationOf } from "../../system/service-notification.ts";
import { wantsColours } from "../print.ts";
import { version } from "../version.ts";

/** A replica to be run, as its options say. */
export type ReplicaQuestion = Pick<
  DaemonOptions,
  "config" | "settings" | "warnings" | "reload" | "command"
>;

/** Runs `election run` and `election exec`. Resolves with the exit code. */
export async function runReplica(
  question: ReplicaQuestion,
  { variables, hostName, terminal }: Environment,
): Promise<number> {
  return await runDaemon({
    ...question,
    environment: variables,
    version,
    hostName,
    colours: wantsColours(variables) && terminal,
    journal: isJournal(variables, logDescriptor),
    notification: serviceNotificationOf(variables, process.pid),
  });
}
