import { printable } from "../../base/quoted.ts";
import { exitCodes } from "../../election/exit-status.ts";
import type { Finding } from "../../election/ports/finding.ts";
import { textTable } from "../table.ts";

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
