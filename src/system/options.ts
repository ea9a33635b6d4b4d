import { option, parsePath } from "../options/option.ts";

/** What a process keeps on its host for the one that comes after it. */
export const stateOptions = {
  stateDir: option<string | null>({
    flag: "state-dir",
    unit: "path",
    fallback: { kind: "none", shown: "off" },
    help: "Local directory that lets the next start release what a killed process held.",
    secret: false,
    parse: parsePath,
  }),
} as const;
