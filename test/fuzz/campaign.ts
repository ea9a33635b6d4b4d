import { strays } from "./strays.ts";
import type { Outcome, Target } from "./target.ts";

export interface CampaignOptions {
  readonly targets: readonly Target[];
  /** All cases together; every target gets its share, and at least one. */
  readonly cases: number;
  readonly seed: number;
  /** Told before a target begins. */
  readonly begins?: (target: string) => void;
  /** Called before every case. */
  readonly beat?: () => void;
  /** Told when a target is through. */
  readonly through?: (report: TargetReport) => void;
}

export interface TargetReport extends Outcome {
  readonly target: string;
  readonly seconds: number;
  /** The highest resident size that was seen while it ran, in bytes. */
  readonly peakBytes: number;
  /** The most that was still in use after a collection, in bytes. */
  readonly heldBytes: number;
}

/** How often garbage is collected and memory looked at. */
const samplePeriodMs = 500;

/** Runs every target, one after the other, however many of them fail. */
export async function campaign(options: CampaignOptions): Promise<readonly TargetReport[]> {
  const shares = options.targets.reduce((sum, { share }) => sum + share, 0);
  const reports: TargetReport[] = [];
  strays.listen();
  try {
    for (const target of options.targets) {
      options.begins?.(target.name);
      const cases = Math.max(1, Math.ceil((options.cases * target.share) / shares));
      const report = await attack(target, cases, options);
      reports.push(report);
      options.through?.(report);
    }
  } finally {
    strays.release();
  }
  return reports;
}

async function attack(
  target: Target,
  cases: number,
  { seed, beat }: CampaignOptions,
): Promise<TargetReport> {
  const startedAt = performance.now();
  let sampledAt = startedAt;
  let peakBytes = 0;
  let heldBytes = 0;
  const sample = (): void => {
    sampledAt = performance.now();
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    Bun.gc(true);
    heldBytes = Math.max(heldBytes, process.memoryUsage().heapUsed);
  };
  const outcome = await target.attack({
    seed,
    cases,
    beat: () => {
      beat?.();
      if (performance.now() - sampledAt > samplePeriodMs) sample();
    },
  });
  sample();
  const seconds = (performance.now() - startedAt) / 1_000;
  return { target: target.name, ...outcome, seconds, peakBytes, heldBytes };
}
