import { parseDuration } from "../../options/duration.ts";
import { loadOptions } from "../../options/load.ts";
import { options, optionTable } from "../../daemon/options.ts";
import { quoted } from "../../base/quoted.ts";
import type { Environment } from "../../options/environment.ts";
import { usualRest } from "../../election/step-down.ts";
import { type Command, type CommandLine, task, usageError } from "../command.ts";
import { optionFlags } from "../option-flags.ts";
import type { Arguments } from "../read-arguments.ts";
import { addressFlags, addressOperands, replicaAddresses } from "../replica-addresses.ts";

const restFlag = "for";

/** Makes a leader give leadership up, and stay out of the way for a while. */
export const stepDownCommand: Command = {
  name: "step-down",
  description: "Makes a leader hand over, and not stand again for a while.",
  operands: addressOperands(1),
  flags: {
    ...addressFlags,
    ...optionFlags([options.httpTokenFile]),
    [restFlag]: {
      type: "string",
      valueHint: "duration",
      description: `How long it does not stand again; default: ${usualRest}.`,
    },
    json: { type: "boolean", description: "Prints JSON." },
  },
  notes: [
    "The replica ends what it does, gives leadership up, and leaves the line; after the stated\n" +
      "time it stands at the end of it. Starting it anew ends that time. When no other replica\n" +
      "is there, nobody leads until then, and the command says so.",
    "Over TCP it takes the token of the replica's --http-token-file; over a socket file, the\n" +
      "right to write to it.",
    "Exit code 0: leadership was given up; 2: the options or the token file are wrong; 3: the\n" +
      "replica does not lead; 69: it does not answer, or still leads after 30 s; 77: it\n" +
      "refuses, and says why.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  const found = replicaAddresses(given, environment);
  if (found.kind === "refused") return usageError(found.problems);
  const rest = given.values.get(restFlag) ?? usualRest;
  const duration = parseDuration(rest);
  if (duration.kind === "invalid") {
    return usageError([`--${restFlag} ${quoted(rest)}: expected ${duration.expected}`]);
  }
  const loading = loadOptions(optionTable, ["httpTokenFile", "envFile"], given.values, environment);
  if (loading.kind === "invalid") return usageError(loading.problems);
  const [address] = found.addresses;
  const tokenPath = loading.config.httpTokenFile ?? undefined;
  const wish = { address, rest, tokenPath };
  return task(
    { kind: "step-down", wish, json: given.switches.has("json") },
    async (question) => await (await import("./step-down.ts")).runStepDown(question),
  );
}
