import { type Command, usageError } from "../command.ts";

/** The process between a replica and its command. A replica starts it; there is nothing to type. */
export const superviseCommand: Command = {
  name: "supervise",
  description: "Holds a command to the end of a lease; started by election exec alone.",
  flags: {},
  notes: [],
  interpret: ({ rest }) =>
    rest.length === 0 ? { kind: "supervise" } : usageError(["supervise takes no arguments"]),
};
