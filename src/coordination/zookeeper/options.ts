import type { LeaseTiming } from "../../election/ports/lease-timing.ts";
import { choiceOf, type ConfigOf, option } from "../../options/option.ts";
import { invalid, type Parsed, valid } from "../../options/parsed.ts";
import type { Check } from "../../options/table.ts";
import { type TlsFlags, tlsFileOption, tlsFilesProblem } from "../../options/tls-files.ts";
import { characterProblem, formProblem } from "../../zookeeper/path.ts";
import { leaseTimingOf } from "./lease-timing.ts";
import { type Login, parseLogin, parseLoginFile } from "./login.ts";
import { parseServers, type ServerList } from "./server-list.ts";

/** The option that chooses this way to agree on a leader. */
export const coordinatorChoice = {
  zkServers: option<ServerList>({
    flag: "zk-servers",
    unit: "host:port,...",
    fallback: { kind: "required" },
    help: "ZooKeeper servers: host:port,[v6]:port,.../chroot; port 2181 unless said, with TLS too.",
    secret: false,
    parse: parseServers,
  }),
} as const;

/**
 * The shortest session timeout that may be asked for. Servers grant two of their ticks at least,
 * and a tick is seconds as a rule. Of 100 ms a lease is 66 ms, renewed every 25 ms: with less one
 * slow commit ends it, and it is a slip of the unit.
 */
export const leastSessionTimeoutMs = 100;

/** This way to agree on a leader: what people call it, and the flag that chooses it. */
export const coordinatorLabel = {
  name: "ZooKeeper",
  flag: coordinatorChoice.zkServers.flag,
} as const;

/** The flags of the files that TLS to the servers takes. */
export const tlsFlags: TlsFlags = {
  authorities: "zk-tls-ca",
  certificate: "zk-tls-cert",
  key: "zk-tls-key",
};

/** Who may change our nodes: everybody, or who proves that it is one of us. */
const acls = ["open", "own"] as const;
type Acl = (typeof acls)[number];

/** Where the records of a service are, how the servers are reached, and who we are to them. */
export const coordinatorOptions = {
  zkPath: option<string>({
    flag: "zk-path",
    unit: "path",
    completes: "nothing",
    fallback: { kind: "text", text: "/election" },
    help: "ZooKeeper path of the service: replicas with the same path compete.",
    secret: false,
    parse: parseServicePath,
  }),
  zkTlsCa: tlsFileOption("authorities", {
    flag: tlsFlags.authorities,
    help: "PEM file of the authorities that sign the servers' certificates; turns TLS on.",
  }),
  zkTlsCert: tlsFileOption("certificate", {
    flag: tlsFlags.certificate,
    help: "PEM file of our certificate, for servers that ask for one.",
  }),
  zkTlsKey: tlsFileOption("key", {
    flag: tlsFlags.key,
    help: "PEM file of its private key, without a passphrase.",
  }),
  zkAuthFile: option<Login | null>({
    flag: "zk-auth-file",
    unit: "path",
    fallback: { kind: "none", shown: "off" },
    help: "File with user:password, the login that the replicas share on the servers (digest).",
    secret: false,
    parse: parseLoginFile,
  }),
  zkAuth: option<Login | null>({
    flag: "zk-auth",
    unit: "user:password",
    fallback: { kind: "none", shown: "off" },
    help: "The login itself, in place of a file. A variable only: flags are seen by everybody.",
    secret: true,
    variableOnly: { orFile: "zk-auth-file" },
    parse: parseLogin,
  }),
  zkAcl: option<Acl | null>({
    flag: "zk-acl",
    unit: acls.join("|"),
    fallback: { kind: "none", shown: "own with a login, else open" },
    help: "Who may change our nodes: everybody, or whoever proves our login or certificate.",
    secret: false,
    parse: choiceOf(acls),
  }),
} as const;

/** Where a service is kept, chroot included, by the texts of its options. */
export const servicePlace = {
  shown: `<${coordinatorOptions.zkPath.flag}>`,
  of: (valueOf: (flag: string) => string): string => {
    const servers = parseServers(valueOf(coordinatorChoice.zkServers.flag));
    const chroot = servers.kind === "valid" ? servers.value.chroot : "";
    return chroot + valueOf(coordinatorOptions.zkPath.flag);
  },
};

/** The session timeout that is asked for where none is given. */
export const usualSessionTimeouts = { "zk-servers": "10s" } as const;

/** The settings that it takes to find a service and its replicas. */
export const serviceFields = [
  "zkServers",
  "zkPath",
  "sessionTimeoutMs",
  "zkTlsCa",
  "zkTlsCert",
  "zkTlsKey",
  "zkAuth",
  "zkAuthFile",
] as const;

type ServerConfig = ConfigOf<typeof coordinatorChoice & typeof coordinatorOptions>;

/**
 * The settings that say where a service is kept, and how its servers are reached. Who may change
 * our nodes is left out by who makes none.
 */
export interface ServiceConfig extends Omit<ServerConfig, "zkAcl"> {
  readonly zkAcl?: ServerConfig["zkAcl"];
  readonly sessionTimeoutMs: number;
}

/** The times of the lease as they are asked for. */
export function askedTiming({
  sessionTimeoutMs,
}: Pick<ServiceConfig, "sessionTimeoutMs">): LeaseTiming {
  return leaseTimingOf(sessionTimeoutMs);
}

/** Whether who we are to the servers, and who they are to us, goes together. */
export const coordinatorCheck: Check<ServerConfig> = ({ config }, { readFile }) => {
  const { zkTlsCa, zkTlsCert, zkTlsKey, zkAuth, zkAuthFile, zkAcl } = config;
  const files = { authorities: zkTlsCa, certificate: zkTlsCert, key: zkTlsKey };
  const tls = tlsFilesProblem(files, tlsFlags, readFile);
  const problems = tls === undefined ? [] : [tls];
  if (zkAuth !== null && zkAuthFile !== null) {
    problems.push("--zk-auth-file and ELECTION_ZK_AUTH: expected one of them");
  }
  if (zkAcl === "own" && zkAuth === null && zkAuthFile === null && zkTlsCert === null) {
    problems.push('--zk-acl "own": expected --zk-auth-file or --zk-tls-cert to go with it');
  }
  return { problems };
};

const longestPath = 512;

/** Checks the path under which a service keeps its records: at most 512 characters. */
function parseServicePath(text: string): Parsed<string> {
  if (text.length > longestPath) return invalid(`a path of at most ${longestPath} characters`);
  if (characterProblem(text) !== undefined) {
    return invalid("a path without control or private characters");
  }
  if (text === "/" || formProblem(text) !== undefined) {
    return invalid(
      'an absolute path other than "/", such as /election, without a trailing "/" and without ' +
        'empty, "." or ".." parts',
    );
  }
  if (text === "/zookeeper" || text.startsWith("/zookeeper/")) {
    return invalid("a path outside the reserved /zookeeper");
  }
  return valid(text);
}
