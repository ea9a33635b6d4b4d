import { loadOptions } from "../../options/load.ts";
import { coordinators, options, optionTable, serviceSettings } from "../../daemon/options.ts";
import { quoted } from "../../base/quoted.ts";
import type { Environment } from "../../options/environment.ts";
import { type Command, type CommandLine, task, usageError } from "../command.ts";
import { optionFlags, variablesNote } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { addressFlags, addressOperands, replicaAddresses } from "../replica-addresses.ts";
import type { SurveyQuestion } from "./survey.ts";

/** Who knows all replicas of a service, and the flags that say so: for people. */
const [knowers, choosers] = [
  coordinators.map(({ name }) => name).join(" or "),
  coordinators.map(({ flag }) => `--${flag}`).join(" or "),
];

/** Asks replicas how they are, and tells it by text and exit code: for people and health checks. */
export const statusCommand: Command = {
  name: "status",
  description: "Asks replicas how they are; the exit code is their health.",
  operands: addressOperands(64),
  flags: {
    ...addressFlags,
    ...optionFlags(serviceSettings.map((field) => options[field])),
    all: {
      type: "boolean",
      description: `Asks every replica that ${knowers} knows of; ${choosers} implies it.`,
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

function interpret(given: Arguments, environment: Environment): CommandLine {
  const json = given.switches.has("json");
  // The variable does not imply it: a health check in a container asks its own replica.
  const isChosen = coordinators.some(({ flag }) => given.values.has(flag));
  if (given.switches.has("all") || isChosen) {
    return surveyOfService(given, environment);
  }
  const stray = serviceSettings
    .map((field) => options[field].flag)
    .find((flag) => given.values.has(flag));
  if (stray !== undefined) return usageError([`--${stray}: expected it with --all only`]);
  const found = replicaAddresses(given, environment);
  if (found.kind === "refused") return usageError(found.problems);
  const { addresses } = found;
  const [address, ...more] = addresses;
  if (more.length > 0) return survey({ subject: { kind: "addresses", addresses }, json });
  return task(
    { kind: "status", address, json },
    async (question) => await (await import("./status.ts")).runStatus(question),
  );
}

function surveyOfService(given: Arguments, environment: Environment): CommandLine {
  const [extra] = given.rest;
  if (extra !== undefined) return usageError([`unexpected argument ${quoted(extra)} behind --`]);
  const [word] = given.operands;
  if (word !== undefined || given.values.has(options.httpAddress.flag)) {
    return usageError([`expected either addresses or --all with ${choosers}, but both are given`]);
  }
  const loading = loadOptions(
    optionTable,
    [...serviceSettings, "envFile"],
    given.values,
    environment,
  );
  if (loading.kind === "invalid") return usageError(loading.problems);
  const { hostName } = environment;
  const subject = { kind: "service", service: loading.config, hostName } as const;
  return survey({ subject, json: given.switches.has("json") });
}

function survey(question: SurveyQuestion): CommandLine {
  return task(
    { kind: "survey", ...question },
    async () => await (await import("./survey.ts")).runSurvey(question),
  );
}
