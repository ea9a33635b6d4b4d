import type { ArgsDef } from "citty";
import { type AnyOption, fallbackText, variableOf } from "../options/option.ts";
import { options } from "../daemon/options.ts";
import { lineBreak } from "./help.ts";

/** The options that a command has: some belong to `exec` alone. */
export function optionsOf(command: string): readonly AnyOption[] {
  return Object.values<AnyOption>(options).filter(
    ({ only }) => only === undefined || only === command,
  );
}

/** Options as citty's flags; without defaults, which citty would pass off as given. */
export function optionFlags(all: readonly AnyOption[]): ArgsDef {
  const flags: ArgsDef = {};
  for (const option of all.filter(({ variableOnly }) => variableOnly === undefined)) {
    const fallback = fallbackText(option.fallback);
    const isDemanded = option.fallback.kind === "required" || option.fallback.kind === "one-of";
    const shown = isDemanded ? fallback : `default: ${fallback}`;
    const description = `${option.help}${lineBreak}${variableOf(option.flag)}, ${shown}`;
    flags[option.flag] =
      option.isSwitch === true
        ? { type: "boolean", description }
        : { type: "string", valueHint: option.unit, description };
  }
  return flags;
}

/** What has no flag, for the notes of a help. */
export function variablesNote(all: readonly AnyOption[]): string {
  const variables = all
    .filter(({ variableOnly }) => variableOnly !== undefined)
    .map((option) => `${variableOf(option.flag)}=<${option.unit}>: ${option.help}`);
  return `Without a flag:\n${variables.join("\n")}`;
}
