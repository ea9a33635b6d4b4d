import { printable } from "../../base/quoted.ts";
import { exitCodes } from "../exit-status.ts";
import { textTable } from "../../cli/table.ts";

/** One thing that was looked at. */
export interface Finding {
  /** What it is about: a word, and which one of several. */
  readonly subject: string;
  /** A warning works, and will hurt some day; with an error a replica cannot do its work. */
  readonly level: "ok" | "warning" | "error";
  /** One sentence for a person: what was found, and where there is one, the cure. */
  readonly detail: string;
}

export function ok(subject: string, detail: string): Finding {
  return { subject, level: "ok", detail };
}

export function warning(subject: string, detail: string): Finding {
  return { subject, level: "warning", detail };
}

export function failing(subject: string, detail: string): Finding {
  return { subject, level: "error", detail };
}

/** One line per finding. */
export function findingsText(findings: readonly Finding[]): string {
  return textTable(
    findings.map(({ level, subject, detail }) => [level, subject, printable(detail)]),
  );
}

/** The exit code of the worst finding. */
export function findingsCode(findings: readonly Finding[]): number {
  if (findings.some(({ level }) => level === "error")) return exitCodes.exhausted;
  const warned = findings.some(({ level }) => level === "warning");
  return warned ? exitCodes.warnings : exitCodes.stopped;
}

/** Milliseconds for people. */
export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
