import { type Credential, digestCredential } from "./credentials.ts";
import { type Acl, creatorAcl, openAcl, readableAcl } from "./protocol/records.ts";

/** Who a client is to the servers, and who may change the nodes that it makes. */
export interface Access {
  readonly credentials: readonly Credential[];
  readonly acl: readonly Acl[];
}

/** A client that proves nothing, and lets everybody change what it makes. */
export const openAccess: Access = { credentials: [], acl: openAcl };

/**
 * Everybody may look, and only who proves one of our identities may change anything: the login,
 * the certificate's subject where there is one. The servers write our identities into the ACL in
 * place of `auth`, so what they hash a password with is theirs to choose.
 * Source: PrepRequestProcessor.java (fixupACL).
 */
export const ownAcl: readonly Acl[] = [...readableAcl, ...creatorAcl];

/** A client that proves a login, and lets nobody else change what it makes. */
export function digestAccess(user: string, password: string): Access {
  return { credentials: [digestCredential(user, password)], acl: ownAcl };
}
