import { loadOptions } from "../config/load-config.ts";
import { options } from "../config/options.ts";
import { quoted } from "../config/quoted.ts";
import type { Surroundings } from "../config/surroundings.ts";
import { type Command, type CommandLine, usageError } from "./command.ts";
import { flagsOf } from "./option-flags.ts";
import type { Arguments } from "./read-arguments.ts";

/** Asks a replica how it is, and tells it by text and exit code: for people and health checks. */
export const statusCommand: Command = {
  name: "status",
  description: "Asks a replica of this host how it is; the exit code is its health.",
  flags: {
    ...flagsOf([options.httpAddress, options.envFile]),
    json: { type: "boolean", description: "Prints what /status answers, as it is." },
  },
  notes: [
    "Exit code 0: the replica takes part in the election (Attempter, Leader); 3: it answers,\n" +
      "but takes no part (Init, Failover, Stopping); 69: it does not answer within 3 s.",
  ],
  interpret,
};

function interpret(given: Arguments, surroundings: Surroundings): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const loading = loadOptions(["httpAddress", "envFile"], given.values, surroundings);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { httpAddress: address } = loading.config;
  if (address === null) {
    const flag = "--http-address=<address>";
    return usageError([`--http-address is missing: expected ${flag}, as the replica has it`]);
  }
  if (address.kind === "tcp" && address.port === 0) {
    return usageError([`--http-address: expected the port that the replica took, but it is 0`]);
  }
  return { kind: "status", address, json: given.switches.has("json") };
}
