import type { Epoch } from "../../../election/ports/coordinator.ts";

/**
 * What it takes to speak for a session.
 * Danger: its owner can take the session over. It is kept in files that only our user may read.
 */
export interface SessionKey {
  readonly sessionId: bigint;
  readonly password: Uint8Array;
  /**
   * The leadership under which the session's owner may have acted: it may be given up once the
   * owner is dead. Undefined as long as the owner did not lead, or waited for an earlier lease.
   */
  readonly epoch: Epoch | undefined;
}

/**
 * The service that a session was opened for. Another ensemble may know another session by the same
 * number, and passwords follow from the number. Source: ZooKeeperServer.java, generatePasswd.
 */
export interface ServiceIdentity {
  /** Each as "host:port". */
  readonly servers: readonly string[];
  /** The path of the service's records, chroot included. */
  readonly basePath: string;
}

/** The service in one text: the same whatever the order in which its servers are listed. */
export function nameOfService({ basePath, servers }: ServiceIdentity): string {
  return [basePath, ...servers.toSorted()].join(" ");
}

/** A session's key as it is kept for the next process. */
interface KeptKey {
  readonly key: SessionKey;
  readonly service: ServiceIdentity;
}

/** Whether both are one service: servers may come and go, but not all of them at once. */
export function isSameService(one: ServiceIdentity, other: ServiceIdentity): boolean {
  return (
    one.basePath === other.basePath && one.servers.some((server) => other.servers.includes(server))
  );
}

/** The key as one line of JSON. */
export function encodeSessionKey({ key, service }: KeptKey): string {
  const { sessionId, password, epoch } = key;
  return JSON.stringify({
    sessionId: sessionId.toString(),
    password: Buffer.from(password).toString("hex"),
    epoch: epoch?.toString(),
    servers: service.servers,
    basePath: service.basePath,
  });
}

/** Undefined when the text is no session key. */
export function decodeSessionKey(text: string): KeptKey | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const { sessionId, password, epoch, servers, basePath } = value ?? {};
    if (typeof basePath !== "string" || !isListOfTexts(servers)) return undefined;
    if (typeof sessionId !== "string" || !/^-?\d{1,19}$/.test(sessionId)) return undefined;
    if (typeof password !== "string" || !/^[0-9a-f]{32}$/.test(password)) return undefined;
    const id = BigInt(sessionId);
    // 0 would ask for a new session, and what does not fit would become another's number.
    if (id === 0n || BigInt.asIntN(64, id) !== id) return undefined;
    const acted = typeof epoch === "string" && /^\d{1,19}$/.test(epoch) ? BigInt(epoch) : undefined;
    const key = {
      sessionId: id,
      password: new Uint8Array(Buffer.from(password, "hex")),
      epoch: acted as Epoch | undefined,
    };
    return { key, service: { servers, basePath } };
  } catch {
    return undefined;
  }
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
