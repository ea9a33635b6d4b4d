/**
 * What is known about a request that failed: `not-executed` changed nothing on the servers;
 * of an `unknown` one nobody here can say whether it did.
 */
export type Outcome = "unknown" | "not-executed";

interface ErrorMeaning {
  readonly code: string;
  readonly outcome: Outcome;
}

/**
 * The one table from a server's numbers to this client's names. A definite refusal means that
 * nothing was executed; an internal failure of the server leaves it open.
 *
 * Source: KeeperException.java:190-420; zookeeper.h:95-145.
 */
const meanings = {
  [-1]: { code: "system-error", outcome: "unknown" },
  [-2]: { code: "runtime-inconsistency", outcome: "unknown" },
  [-3]: { code: "data-inconsistency", outcome: "unknown" },
  [-4]: { code: "connection-loss", outcome: "unknown" },
  [-5]: { code: "marshalling-error", outcome: "not-executed" },
  [-6]: { code: "unimplemented", outcome: "not-executed" },
  [-7]: { code: "operation-timeout", outcome: "unknown" },
  [-8]: { code: "bad-arguments", outcome: "not-executed" },
  [-9]: { code: "invalid-state", outcome: "not-executed" },
  [-12]: { code: "unknown-session", outcome: "not-executed" },
  [-13]: { code: "new-config-no-majority", outcome: "not-executed" },
  [-14]: { code: "reconfig-in-progress", outcome: "not-executed" },
  [-100]: { code: "api-error", outcome: "not-executed" },
  [-101]: { code: "no-node", outcome: "not-executed" },
  [-102]: { code: "no-auth", outcome: "not-executed" },
  [-103]: { code: "bad-version", outcome: "not-executed" },
  [-108]: { code: "no-children-for-ephemerals", outcome: "not-executed" },
  [-110]: { code: "node-exists", outcome: "not-executed" },
  [-111]: { code: "not-empty", outcome: "not-executed" },
  [-112]: { code: "session-expired", outcome: "not-executed" },
  [-113]: { code: "invalid-callback", outcome: "not-executed" },
  [-114]: { code: "invalid-acl", outcome: "not-executed" },
  [-115]: { code: "auth-failed", outcome: "not-executed" },
  [-118]: { code: "session-moved", outcome: "not-executed" },
  [-119]: { code: "not-read-only", outcome: "not-executed" },
  [-120]: { code: "ephemeral-on-local-session", outcome: "not-executed" },
  [-121]: { code: "no-watcher", outcome: "not-executed" },
  [-122]: { code: "request-timeout", outcome: "unknown" },
  [-123]: { code: "reconfig-disabled", outcome: "not-executed" },
  [-124]: { code: "sasl-required", outcome: "not-executed" },
  [-125]: { code: "quota-exceeded", outcome: "not-executed" },
  [-127]: { code: "throttled", outcome: "not-executed" },
} as const satisfies Readonly<Record<number, ErrorMeaning>>;

/** The names of what a server answers; `unknown-code` is a number that no table knows. */
export type ServerErrorCode = (typeof meanings)[keyof typeof meanings]["code"] | "unknown-code";

/** The numbers that decide more than the fate of one request. */
export const WireCode = {
  ok: 0,
  noNode: -101,
  sessionExpired: -112,
  authFailed: -115,
  sessionMoved: -118,
  saslRequired: -124,
} as const;
export type WireCode = (typeof WireCode)[keyof typeof WireCode];

const byNumber: ReadonlyMap<number, { code: ServerErrorCode; outcome: Outcome }> = new Map(
  Object.entries(meanings).map(([wireCode, meaning]) => [Number(wireCode), meaning]),
);

/** What a server's number means. Any number has a meaning: servers are newer than clients. */
export function errorMeaning(wireCode: number): { code: ServerErrorCode; outcome: Outcome } {
  return byNumber.get(wireCode) ?? { code: "unknown-code", outcome: "unknown" };
}
