/**
 * What somebody gives a run by a variable or a flag. A typing error must not look like a proof that
 * nothing is wrong, so it ends the process with 2: by what name, what was given, and what would be
 * right.
 */

/** A whole number of at most ten digits. */
export function wholeNumber(name: string, given: string, least: number): number {
  if (/^\d{1,10}$/.test(given) && Number(given) >= least) return Number(given);
  return refuse(name, given, `a whole number from ${least} on`);
}

/** The number in a variable of the environment; `otherwise` where there is none. */
export function numberIn(variable: string, otherwise: number, least = 1): number {
  const given = process.env[variable] ?? "";
  return given === "" ? otherwise : wholeNumber(variable, given, least);
}

export function oneOf<const Name extends string>(
  name: string,
  given: string,
  known: readonly Name[],
): Name {
  return known.find((each) => each === given) ?? refuse(name, given, `one of ${known.join(", ")}`);
}

export function refuse(name: string, given: string, expected: string): never {
  process.stderr.write(`${name} ${JSON.stringify(given)}: expected ${expected}\n`);
  return process.exit(2);
}
