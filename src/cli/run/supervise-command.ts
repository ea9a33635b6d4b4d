import { type Command, task, usageError } from "../command.ts";

/** The process between a replica and its command. A replica starts it; there is nothing to type. */
export const superviseCommand: Command = {
  name: "supervise",
  description: "Holds a command to the end of a lease; started by election exec alone.",
  flags: {},
  notes: [],
  interpret: ({ rest }, { variables }) =>
    rest.length === 0
      ? task(
          { kind: "supervise" },
          async () => await (await import("./supervise.ts")).runSupervise(variables),
        )
      : usageError(["supervise takes no arguments"]),
};
