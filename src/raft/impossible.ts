/** Ends a switch over a union: it does not compile while a case is missing. */
export function impossible(value: never): never {
  throw new Error(`impossible: ${String(value)}`);
}
