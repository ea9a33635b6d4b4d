import type { ArgsDef } from "citty";
import { type AnyOption, fallbackText, variableOf } from "../config/option.ts";
import { lineBreak } from "./help.ts";

/** The table's options as citty's; without defaults, which citty would pass off as given. */
export function flagsOf(all: readonly AnyOption[]): ArgsDef {
  const flags: ArgsDef = {};
  for (const option of all.filter(({ variableOnly }) => !variableOnly)) {
    const fallback = fallbackText(option.fallback);
    const shown = option.fallback.kind === "required" ? fallback : `default: ${fallback}`;
    flags[option.flag] = {
      type: "string",
      valueHint: option.unit,
      description: `${option.help}${lineBreak}${variableOf(option.flag)}, ${shown}`,
    };
  }
  return flags;
}

/** What has no flag, for the notes of a help. */
export function variablesNote(all: readonly AnyOption[]): string {
  const variables = all
    .filter(({ variableOnly }) => variableOnly)
    .map((option) => `${variableOf(option.flag)}=<${option.unit}>: ${option.help}`);
  return `Without a flag:\n${variables.join("\n")}`;
}
