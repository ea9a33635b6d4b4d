import type { Environment } from "../../options/environment.ts";
import { type Command, type CommandLine, task, usageError } from "../command.ts";
import type { Arguments } from "../read-arguments.ts";
import { addressFlags, addressOperands, replicaAddresses } from "../replica-addresses.ts";

/** Tells when replicas led, and why they no longer do. */
export const historyCommand: Command = {
  name: "history",
  description: "Tells when replicas led, for how long, and why it ended.",
  operands: addressOperands(64),
  flags: { ...addressFlags, json: { type: "boolean", description: "Prints JSON." } },
  notes: [
    "A replica knows of its own leaderships and of those that it saw, 100 changes in all; with\n" +
      "a state directory it keeps them over restarts.",
    "Exit code 0: every replica answered; 69: one does not answer within 3 s.",
  ],
  interpret,
};

function interpret(given: Arguments, environment: Environment): CommandLine {
  const found = replicaAddresses(given, environment);
  if (found.kind === "refused") return usageError(found.problems);
  return task(
    { kind: "history", addresses: found.addresses, json: given.switches.has("json") },
    async (question) => await (await import("./history.ts")).runHistory(question),
  );
}
