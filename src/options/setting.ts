import { quoted } from "../base/quoted.ts";
import { type AnyOption, variableOf } from "./option.ts";

/** Where a value comes from. An earlier kind goes before a later one. */
export type Source =
  | { readonly kind: "flag" }
  | { readonly kind: "environment" }
  | { readonly kind: "env-file"; readonly path: string; readonly line: number }
  | { readonly kind: "default" };

/** One option as it was set: for people. */
export interface Setting {
  readonly option: string;
  /** The text that was given; `***` for a secret; null where there is no value. */
  readonly value: string | null;
  readonly source: Source["kind"];
  /** The file and its line, where that is the source; else null. */
  readonly place: string | null;
}

/** Whether somebody gave the option, by whatever source: it is not at its default. */
export function isGiven({ source }: Setting): boolean {
  return source !== "default";
}

/**
 * A setting as its author wrote it, and where: what a message about it begins with.
 * @param flag of an option that may be among the settings
 */
export function shownSetting(settings: readonly Setting[], flag: string): string {
  const setting = settings.find(({ option }) => option === flag);
  if (setting === undefined) return `--${flag}`;
  const { value, source, place } = setting;
  if (source === "default") return `--${flag} ${value}, the default`;
  const variable = place === null ? variableOf(flag) : `${variableOf(flag)} (${place})`;
  return `${source === "flag" ? `--${flag}` : variable} ${quoted(value ?? "")}`;
}

/** An option as its author named it, and where: what an error points at. */
export function spelling({ flag }: AnyOption, source: Source): string {
  if (source.kind === "environment") return variableOf(flag);
  if (source.kind === "env-file") return `${variableOf(flag)} (${placeOf(source)})`;
  return `--${flag}`;
}

/** A line of a file, for people. */
export function placeOf({ path, line }: { readonly path: string; readonly line: number }): string {
  return `${path} line ${line}`;
}
