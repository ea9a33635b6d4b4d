import { expiryClauses } from "./expiry-clauses.ts";
import { isolationClauses } from "./isolation-clauses.ts";
import { recordClauses } from "./record-clauses.ts";
import { sessionClauses } from "./session-clauses.ts";
import type { ContractClause } from "./stage.ts";
import { transactionClauses } from "./transaction-clauses.ts";
import { watchClauses } from "./watch-clauses.ts";

/**
 * What the simulation believes of ZooKeeper. The same assertions run on the model and on real
 * servers; clauses share no nodes, because real servers keep what an earlier one has left.
 */
export const contract: readonly ContractClause[] = [
  ...recordClauses,
  ...transactionClauses,
  ...watchClauses,
  ...sessionClauses,
  ...expiryClauses,
  // These leave an ensemble behind that has to find together again.
  ...isolationClauses,
];
