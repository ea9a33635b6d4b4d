import type { Failure } from "../../../election/failure.ts";
import type { SessionEnd } from "../../../zookeeper/client-event.ts";
import type { ZooKeeperError } from "../../../zookeeper/errors.ts";

const refusedLogin = "check --zk-auth-file, and that the servers take logins of the scheme digest";

/** The errors that a server would answer again, and what an operator does about each. */
const cures: Readonly<Partial<Record<ZooKeeperError["code"], string>>> = {
  "no-auth":
    "who we are lacks a permission on this path: give every replica the same login " +
    "(--zk-auth-file), or change the ACL of the node and of its parent",
  "invalid-acl": "the server accepts no such ACL; check the credentials",
  "auth-failed": refusedLogin,
  "sasl-required": "the server demands SASL, which this client does not speak",
  "ephemeral-on-local-session":
    "the server gives local sessions, which own no ephemeral nodes; " +
    "set localSessionsUpgradingEnabled=true on the servers",
  "not-read-only": "the server is read-only, so it is cut off from the majority",
  "quota-exceeded": "a quota on the path is exceeded; raise it or clean up below the path",
};

/** The failure behind a refusal that would come again; undefined for every other error. */
export function failureOfRefusal(error: ZooKeeperError): Failure | undefined {
  const cure = cures[error.code];
  if (cure === undefined) return undefined;
  return { resource: "coordinator", code: "rejected", detail: `${error.message}; ${cure}` };
}

/** Why a session is lost; undefined when it has not ended, or by our own will. */
export function failureOfEnd(end: SessionEnd | undefined): Failure | undefined {
  if (end === undefined || end.kind === "closed") return undefined;
  if (end.kind === "expired") {
    return { resource: "coordinator", code: "session-lost", detail: end.detail };
  }
  const detail = `${end.detail}; ${refusedLogin}`;
  return { resource: "coordinator", code: "rejected", detail };
}
