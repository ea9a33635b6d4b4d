import { loadConfig, type Loading } from "../../options/load.ts";
import type { Surroundings } from "../../options/environment.ts";
import { type Command, type CommandLine, usageError } from "../command.ts";
import { flagsOf, optionsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { checked } from "./replica-checks.ts";

/** Runs a command while the replica leads. */
export const execCommand: Command = {
  name: "exec",
  description: "Competes for leadership; a command runs while it lasts: exec -- command args...",
  flags: flagsOf(optionsOf("exec")),
  runsCommand: true,
  notes: [
    variablesNote(optionsOf("exec")),
    "The command starts after leadership is won, and all its processes are dead before it ends.\n" +
      "It finds ELECTION_EPOCH, ELECTION_REPLICA_ID and ELECTION_LEASE_UNTIL (in seconds of\n" +
      "uptime, as of its start) in its environment.",
  ],
  interpret,
};

function interpret(given: Arguments, surroundings: Surroundings): CommandLine {
  const [program] = given.rest;
  if (program === undefined || program === "") {
    return usageError(["the command is missing: expected exec -- command args..."]);
  }
  const switches = [...given.switches].map((flag) => [flag, "true"] as const);
  const values = new Map([...given.values, ...switches]);
  const load = (): Loading => checked(loadConfig(values, surroundings), "exec");
  const loading = load();
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { config, settings, warnings } = loading;
  return { kind: "run", config, settings, warnings, reload: load, command: given.rest };
}
