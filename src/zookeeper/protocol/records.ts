import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** What a server keeps about a node beside its data. Source: zookeeper.jute:26-38. */
export interface Stat {
  /** The transaction that created the node: no two nodes ever share it. */
  readonly czxid: bigint;
  /** The transaction that last changed the node's data. */
  readonly mzxid: bigint;
  /** When it was created, in ms since 1970, by the server's wall clock: for people. */
  readonly ctimeMs: number;
  /** When its data was last changed, in ms since 1970, by the server's wall clock: for people. */
  readonly mtimeMs: number;
  /** How often the data was set. A node that was created again starts at 0 again. */
  readonly version: number;
  /** How often the list of children changed. */
  readonly cversion: number;
  /** How often the ACL was set. */
  readonly aversion: number;
  /** The session whose end deletes the node; 0 when no session owns it. */
  readonly ephemeralOwner: bigint;
  readonly dataLength: number;
  readonly numChildren: number;
  /** The transaction that last changed the list of children. */
  readonly pzxid: bigint;
}

/** Reads a Stat. Source: zookeeper.jute:26-38. */
export function readStat(reader: WireReader): Stat {
  return {
    czxid: reader.long(),
    mzxid: reader.long(),
    ctimeMs: Number(reader.long()),
    mtimeMs: Number(reader.long()),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  };
}

/** What an ACL entry allows; several are added up. Source: ZooDefs.java:107-119. */
export const Permission = {
  read: 1,
  write: 2,
  create: 4,
  delete: 8,
  admin: 16,
  all: 31,
} as const;
export type Permission = (typeof Permission)[keyof typeof Permission];

/** Who may do what with a node. */
export interface Acl {
  /** A sum of `Permission`s. */
  readonly permissions: number;
  /** `world`, `auth`, `digest`, `ip`, `x509`, `sasl`. */
  readonly scheme: string;
  readonly id: string;
}

/** Everybody may do everything. */
export const openAcl: readonly Acl[] = [
  { permissions: Permission.all, scheme: "world", id: "anyone" },
];

/** The creator of the node may do everything, everybody else nothing. Needs a credential. */
export const creatorAcl: readonly Acl[] = [{ permissions: Permission.all, scheme: "auth", id: "" }];

/** Everybody may read. */
export const readableAcl: readonly Acl[] = [
  { permissions: Permission.read, scheme: "world", id: "anyone" },
];

/** Writes one entry of an ACL. Source: zookeeper.jute (ACL, Id). */
export function writeAcl(writer: WireWriter, acl: Acl): void {
  writer.int(acl.permissions).string(acl.scheme).string(acl.id);
}

/** Reads one entry of an ACL. Source: zookeeper.jute (ACL, Id). */
export function readAcl(reader: WireReader): Acl {
  return { permissions: reader.int(), scheme: reader.string(), id: reader.string() };
}

/** One of the identities that a server knows a connection by. */
export interface Identity {
  readonly scheme: string;
  readonly user: string;
}

/** Reads one identity of the answer to whoAmI. Source: zookeeper.jute (ClientInfo). */
export function readIdentity(reader: WireReader): Identity {
  return { scheme: reader.string(), user: reader.string() };
}
