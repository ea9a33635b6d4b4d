import { ailmentClauses } from "./ailment-clauses.ts";
import { fileClauses } from "./file-clauses.ts";
import { offsetClauses } from "./offset-clauses.ts";
import type { DiskClause } from "./stage.ts";
import { strangerClauses } from "./stranger-clauses.ts";

/**
 * All that the port Disk promises. The same assertions run on the fake of the unit tests, on the
 * simulated disk and on the real one.
 */
export const diskContract: readonly DiskClause[] = [
  ...fileClauses,
  ...offsetClauses,
  ...strangerClauses,
  ...ailmentClauses,
];
