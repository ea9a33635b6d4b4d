import type { Fault } from "./faults/faults.ts";
import type { Settings } from "./settings.ts";
import { type Report, simulate } from "./simulation.ts";

const mostRuns = 200;

/**
 * Leaves out faults as long as the same invariant still breaks: first halves, then ever smaller
 * parts. What stays is what the failure needs.
 */
export async function shrink(failure: Report): Promise<Report> {
  const invariant = failure.violations[0]?.invariant;
  let best = failure;
  const budget = { runs: 0 };
  const stillFails = async (faults: readonly Fault[]): Promise<boolean> => {
    budget.runs += 1;
    const settings: Settings = { ...failure.settings, faults };
    const report = await simulate(settings);
    if (report.violations[0]?.invariant !== invariant) return false;
    best = report;
    return true;
  };
  const failedAt = failure.violations[0]?.atMs ?? 0;
  await stillFails(failure.settings.faults.filter(({ atMs }) => atMs <= failedAt));
  let size = Math.ceil(best.settings.faults.length / 2);
  let start = 0;
  while (size > 0 && budget.runs < mostRuns) {
    const { faults } = best.settings;
    if (start >= faults.length) {
      size = size === 1 ? 0 : Math.ceil(size / 2);
      start = 0;
      continue;
    }
    const without = [...faults.slice(0, start), ...faults.slice(start + size)];
    if (!(await stillFails(without))) start += size;
  }
  return best;
}
