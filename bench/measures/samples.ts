import type { Contender, ContenderName } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";

/** What one contender's rounds came to, by the row of the table that they belong to. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** What one measure came to. Who has no samples there says why. */
export interface Results {
  readonly samples: ReadonlyMap<ContenderName, Samples>;
  readonly failures: ReadonlyMap<ContenderName, string>;
}

export interface MeasureOptions {
  readonly grounds: Grounds;
  readonly rounds: number;
}

export type MeasureOne = (
  grounds: Grounds,
  contender: Contender,
  rounds: number,
) => Promise<Samples>;

/** Each contender has the machine for itself: for what takes milliseconds. */
export async function oneByOne(
  { grounds, rounds }: MeasureOptions,
  measure: MeasureOne,
): Promise<Results> {
  const samples = new Map<ContenderName, Samples>();
  const failures = new Map<ContenderName, string>();
  for (const contender of grounds.contenders) {
    process.stderr.write(`  ${contender.name}\n`);
    await keep(samples, failures, contender, () => measure(grounds, contender, rounds));
  }
  return { samples, failures };
}

/** All contenders at the same time: for what takes seconds, because a session has to run out. */
export async function allTogether(
  { grounds, rounds }: MeasureOptions,
  measure: MeasureOne,
): Promise<Results> {
  const samples = new Map<ContenderName, Samples>();
  const failures = new Map<ContenderName, string>();
  await Promise.all(
    grounds.contenders.map((contender) =>
      keep(samples, failures, contender, () => measure(grounds, contender, rounds)),
    ),
  );
  return { samples, failures };
}

/** A contender that fails shall not take the others' figures with it. */
async function keep(
  samples: Map<ContenderName, Samples>,
  failures: Map<ContenderName, string>,
  { name }: Contender,
  measure: () => Promise<Samples>,
): Promise<void> {
  try {
    samples.set(name, await measure());
  } catch (error) {
    process.stderr.write(`  ${name}: ${String(error)}\n`);
    const why = error instanceof Error ? error.message : String(error);
    failures.set(name, why.split("\n")[0] ?? "");
  }
}
