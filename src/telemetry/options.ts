import { choiceOption, liveOption } from "../options/option.ts";
import { logFormats, logLevels } from "./log/log-entry.ts";

/** What is logged, and how it looks. */
export const logOptions = {
  logLevel: liveOption(
    choiceOption(
      logLevels,
      { kind: "text", text: "info" },
      { flag: "log-level", help: "The least important lines to log." },
    ),
  ),
  logFormat: choiceOption(
    logFormats,
    {
      kind: "computed",
      shown: "pretty on a terminal, else json",
      text: ({ terminal }) => (terminal ? "pretty" : "json"),
    },
    { flag: "log-format", help: "How log lines, which go to stderr, look." },
  ),
} as const;
