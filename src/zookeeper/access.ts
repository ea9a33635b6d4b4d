import { type Credential, digestCredential } from "./credentials.ts";
import { type Acl, creatorAcl, openAcl, readableAcl } from "./protocol/records.ts";

/** Who we are to the servers, and who may change the nodes that we make. */
export interface Access {
  readonly credentials: readonly Credential[];
  readonly acl: readonly Acl[];
}

/** We are nobody, and everybody may change everything. */
export const openAccess: Access = { credentials: [], acl: openAcl };

/**
 * Everybody may look, and only who proves one of our identities may change anything: the login,
 * the certificate's subject where there is one. The servers write our identities into the ACL in
 * place of `auth`, so what they hash a password with is theirs to choose.
 * Source: PrepRequestProcessor.java (fixupACL).
 */
export const ownAcl: readonly Acl[] = [...readableAcl, ...creatorAcl];

/** With a login that all replicas share. */
export function digestAccess(user: string, password: string): Access {
  return { credentials: [digestCredential(user, password)], acl: ownAcl };
}
