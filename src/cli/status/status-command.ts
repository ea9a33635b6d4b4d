import { loadOptions } from "../../options/load.ts";
import { options, serviceSettings } from "../../daemon/options.ts";
import { quoted } from "../../base/quoted.ts";
import type { Surroundings } from "../../options/environment.ts";
import { type Command, type CommandLine, usageError } from "../command.ts";
import { flagsOf, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { addressFlags, addressOperands, replicaAddresses } from "../replica-addresses.ts";

/** Asks replicas how they are, and tells it by text and exit code: for people and health checks. */
export const statusCommand: Command = {
  name: "status",
  description: "Asks replicas how they are; the exit code is their health.",
  operands: addressOperands(64),
  flags: {
    ...addressFlags,
    ...flagsOf(serviceSettings.map((field) => options[field])),
    all: {
      type: "boolean",
      description: "Asks every replica that ZooKeeper knows of; --zk-servers implies it.",
    },
    json: {
      type: "boolean",
      description: "Prints JSON: what /status answers; of several, a list of it.",
    },
  },
  notes: [
    "Of one replica it tells everything, of several a table. It takes part in no election.",
    variablesNote(serviceSettings.map((field) => options[field])),
    "Exit code 0: every replica takes part in the election (Attempter, Leader); 3: one answers,\n" +
      "but takes no part (Init, Failover, Stopping), or with --all nobody leads; 69: one does\n" +
      "not answer within 3 s, or no server does.",
  ],
  interpret,
};

function interpret(given: Arguments, surroundings: Surroundings): CommandLine {
  const json = given.switches.has("json");
  // The variable does not imply it: a health check in a container asks its own replica.
  if (given.switches.has("all") || given.values.has(options.zkServers.flag)) {
    return surveyOfService(given, surroundings);
  }
  const stray = serviceSettings
    .map((field) => options[field].flag)
    .find((flag) => given.values.has(flag));
  if (stray !== undefined) return usageError([`--${stray}: expected it with --all only`]);
  const found = replicaAddresses(given, surroundings);
  if (found.kind === "refused") return usageError(found.problems);
  const { addresses } = found;
  const [address, ...more] = addresses;
  if (more.length === 0) return { kind: "status", address, json };
  return { kind: "survey", subject: { kind: "addresses", addresses }, json };
}

function surveyOfService(given: Arguments, surroundings: Surroundings): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const [word] = given.operands;
  if (word !== undefined || given.values.has(options.httpAddress.flag)) {
    return usageError(["expected either addresses or --all with --zk-servers, but both are given"]);
  }
  const loading = loadOptions([...serviceSettings, "envFile"], given.values, surroundings);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { hostName } = surroundings;
  const subject = { kind: "service", service: loading.config, hostName } as const;
  return { kind: "survey", subject, json: given.switches.has("json") };
}
