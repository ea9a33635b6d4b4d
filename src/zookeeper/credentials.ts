/** Something a connection proves who it is with. It is sent on every connection, first of all. */
export interface Credential {
  readonly scheme: string;
  readonly auth: Uint8Array;
}

/** A user and password. A wrong password is never refused: it is just another identity. */
export function digestCredential(user: string, password: string): Credential {
  return { scheme: "digest", auth: new TextEncoder().encode(`${user}:${password}`) };
}

/**
 * The id by which an ACL knows a user and password.
 * Source: DigestAuthenticationProvider.java:118-127.
 */
export function digestId(user: string, password: string): string {
  const digest = new Bun.CryptoHasher("sha1").update(`${user}:${password}`).digest("base64");
  return `${user}:${digest}`;
}
