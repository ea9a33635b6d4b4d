import { join } from "node:path";
import { binary } from "../../test/integration/replica.ts";

/** What every candidate is told, whoever it is. */
export interface Terms {
  /** Addresses of the servers, as host:port,... */
  readonly servers: string;
  /** The path, or name, that candidates of one service share. */
  readonly path: string;
  /** Where a leader writes its files. */
  readonly directory: string;
  readonly name: string;
  /** Between two files of a leader, in milliseconds. */
  readonly intervalMs: number;
  readonly sessionMs: number;
  /** How many candidates the process is; with more than one their names get a number each. */
  readonly size: number;
  /** Where the daemon keeps its sessions' keys; the others have nothing of the kind. */
  readonly stateDir?: string | undefined;
}

/** Where it is seen from outside how many candidates stand in line. */
export type Line =
  | { readonly kind: "children"; readonly below: string }
  /** Nothing tells: processes print `ready` once they compete. */
  | { readonly kind: "ready" }
  | { readonly kind: "etcd" };

/** One way to elect a leader: ours, or a peer's. */
export interface Contender {
  /** The head of its column. */
  readonly name: ContenderName;
  readonly line: Line;
  /** How many candidates at most can be made of it here, and why not more. */
  readonly most: { readonly candidates: number; readonly because: string };
  /** How many candidates one process can be. */
  readonly perProcess: number;
  /** Whether a crowd's candidates are told one by one to end, since the next leader is anyone. */
  readonly endsInCrowd: boolean;
  readonly command: (terms: Terms) => readonly string[];
}

export const contenderNames = ["election", "kazoo", "Curator", "naive", "etcd"] as const;
export type ContenderName = (typeof contenderNames)[number];

/** Those that stand on ZooKeeper, as ours does: what ours is compared with. */
export const zooKeeperPeers: readonly ContenderName[] = ["kazoo", "Curator", "naive"];

const here = import.meta.dir;
const jars = ["curator-recipes", "curator-framework", "curator-client", "zookeeper"];
const jarsBelow = [
  "zookeeper-jute",
  "guava",
  "slf4j-api",
  "slf4j-nop",
  "netty-all",
  "netty-common",
];
const nettyJars = ["buffer", "codec", "handler", "resolver", "transport"].map((n) => `netty-${n}`);
/** What Java's program is compiled and run with. */
export const classPath = [...jars, ...jarsBelow, ...nettyJars]
  .map((jar) => `/usr/share/java/${jar}.jar`)
  .join(":");
/** A small Java program has flags like these: they make it start faster and take less memory. */
const javaFlags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

const unbounded = { candidates: Number.POSITIVE_INFINITY, because: "" };

/** @param classes the directory of the compiled CuratorLatch */
export function contenders(classes: string): readonly Contender[] {
  return [
    {
      name: "election",
      line: { kind: "children", below: "/replicas" },
      most: unbounded,
      perProcess: 250,
      endsInCrowd: false,
      command: (terms) => (terms.size === 1 ? replica(terms) : crowd(terms)),
    },
    {
      name: "kazoo",
      line: { kind: "children", below: "" },
      most: unbounded,
      perProcess: 250,
      endsInCrowd: false,
      command: (terms) => ["/usr/bin/python3", join(here, "kazoo-election.py"), ...common(terms)],
    },
    {
      name: "Curator",
      line: { kind: "children", below: "" },
      most: unbounded,
      perProcess: 250,
      endsInCrowd: false,
      command: (terms) => [
        "java",
        ...javaFlags,
        `-Xmx${terms.size === 1 ? 64 : 1_024}m`,
        "-cp",
        `${classes}:${classPath}`,
        "CuratorLatch",
        ...common(terms),
      ],
    },
    {
      name: "naive",
      line: { kind: "ready" },
      most: unbounded,
      perProcess: 250,
      endsInCrowd: true,
      command: (terms) => ["node", join(here, "naive-attempts.mjs"), ...common(terms)],
    },
    {
      name: "etcd",
      line: { kind: "etcd" },
      most: { candidates: 50, because: "each is a process of its own" },
      perProcess: 1,
      endsInCrowd: false,
      command: lockHolder,
    },
  ];
}

/** The daemon with its defaults, except for what is the same for all. */
function replica(terms: Terms): readonly string[] {
  const { stateDir } = terms;
  return [
    binary,
    `--zk-servers=${terms.servers}`,
    `--zk-path=${terms.path}`,
    `--file-dir=${terms.directory}`,
    `--replica-id=${terms.name}`,
    `--leader-timeout=${terms.intervalMs}ms`,
    `--session-timeout=${terms.sessionMs}ms`,
    "--log-format=json",
    ...(stateDir === undefined ? [] : [`--state-dir=${stateDir}`]),
  ];
}

function crowd(terms: Terms): readonly string[] {
  return [
    process.execPath,
    join(here, "../crowd.ts"),
    `--servers=${terms.servers}`,
    `--path=${terms.path}`,
    `--file-dir=${terms.directory}`,
    `--session-timeout=${terms.sessionMs}`,
    `--size=${terms.size}`,
  ];
}

function common(terms: Terms): readonly string[] {
  const numbers = [terms.intervalMs, terms.sessionMs, terms.size].map(String);
  return [terms.servers, terms.path, terms.directory, terms.name, ...numbers];
}

function lockHolder(terms: Terms): readonly string[] {
  return [
    "etcdctl",
    `--endpoints=${terms.servers}`,
    "lock",
    `--ttl=${terms.sessionMs / 1_000}`,
    terms.path,
    join(here, "etcd-duty"),
    terms.directory,
    terms.name,
    String(terms.intervalMs / 1_000),
  ];
}
