import { type Config, optionTable, replicaChecks } from "../../daemon/options.ts";
import type { Environment } from "../../options/environment.ts";
import { loadConfig } from "../../options/load.ts";
import type { Loading } from "../../options/table.ts";
import { type Command, type CommandLine, usageError } from "../command.ts";
import { optionFlags, optionsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { replicaTask } from "./replica-task.ts";

/** Runs a command while the replica leads. */
export const execCommand: Command = {
  name: "exec",
  description: "Competes for leadership; a command runs while it lasts: exec -- command args...",
  flags: optionFlags(optionsOf("exec")),
  runsCommand: true,
  notes: [
    variablesNote(optionsOf("exec")),
    "The command starts after leadership is won, and all its processes are dead before it ends.\n" +
      "It finds ELECTION_EPOCH, ELECTION_REPLICA_ID and ELECTION_LEASE_UNTIL (in seconds of\n" +
      "uptime, as of its start) in its environment.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  const [program] = given.rest;
  if (program === undefined || program === "") {
    return usageError(["the command is missing: expected exec -- command args..."]);
  }
  const switches = [...given.switches].map((flag) => [flag, "true"] as const);
  const values = new Map([...given.values, ...switches]);
  const load = (): Loading<Config> =>
    loadConfig(optionTable, values, environment, replicaChecks(true));
  return replicaTask(load, given.rest, environment);
}
