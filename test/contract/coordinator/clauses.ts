import { attemptClauses } from "./attempt-clauses.ts";
import { closingClauses } from "./closing-clauses.ts";
import { leadershipClauses } from "./leadership-clauses.ts";
import { lineClauses } from "./line-clauses.ts";
import { openingClauses } from "./opening-clauses.ts";
import type { CoordinatorClause } from "./stage.ts";

/**
 * What the rules believe of a coordinator: every promise of election/ports/coordinator.ts. It is
 * written against the port alone, so that another way to agree on a leader runs through it as it is.
 */
export const contract: readonly CoordinatorClause[] = [
  ...openingClauses,
  ...attemptClauses,
  ...lineClauses,
  ...leadershipClauses,
  ...closingClauses,
];
