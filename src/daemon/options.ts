import type { CommandKinds } from "../exec/timings.ts";
import { parseCommandWords } from "../exec/command-words.ts";
import {
  type ForwardedSignal,
  forwardedSignals,
  parseForwardedSignals,
} from "../exec/forwarded-signals.ts";
import { parseHttpAddress, type HttpAddress } from "../http/http-address.ts";
import { type Login, parseLogin, parseLoginFile } from "../coordination/zookeeper/login.ts";
import {
  choiceOf,
  choiceOption,
  countOption,
  durationOption,
  execOption,
  liveOption,
  option,
  type Option,
  parsePath,
  switchOption,
} from "../options/option.ts";
import { defaultReplicaId, parseReplicaId } from "./replica-id.ts";
import type { ReplicaId } from "../election/ports/coordinator.ts";
import type { ServerList } from "../options/environment.ts";
import { parseAuthoritiesFile, parseCertificateFile, parseKeyFile } from "../options/tls-files.ts";
import {
  askedTiming as timingAskedBy,
  serviceFields as fieldsOfService,
} from "../coordination/zookeeper/options.ts";
import type { LeaseTiming } from "../election/ports/lease-timing.ts";
import { parseZkPath } from "../coordination/zookeeper/zk-path.ts";

/**
 * Servers grant two of their ticks at least, and a tick is seconds as a rule. Of 100 ms a lease is
 * 66 ms, renewed every 25 ms: with less one slow commit ends it, and it is a slip of the unit.
 */
const leastSessionTimeoutMs = 100;

/**
 * Everything that can be configured: the one source of the flags, the variables, the help and the
 * README's table. The key is the field of `Config`; a duration's field ends in its unit.
 */
export const options = {
  zkServers: option<ServerList>({
    flag: "zk-servers",
    unit: "host:port,...",
    fallback: { kind: "required" },
    help: "ZooKeeper servers: host:port,[v6]:port,.../chroot; port 2181 unless said, with TLS too.",
    secret: false,
    parse: (text, surroundings) => surroundings.parseServers(text),
  }),
  leaderTimeoutMs: liveOption(
    durationOption("10s", {
      flag: "leader-timeout",
      help: "Time between two files of the leader.",
    }),
  ),
  attempterTimeoutMs: liveOption(
    durationOption("10s", {
      flag: "attempter-timeout",
      help: "Time between two attempts to become leader, besides those when it is our turn.",
    }),
  ),
  fileDir: option<string>({
    flag: "file-dir",
    unit: "path",
    fallback: { kind: "text", text: "/tmp/election" },
    help: "Directory of the leader's files; made where it is missing.",
    secret: false,
    parse: parsePath,
  }),
  storageCapacity: liveOption(
    countOption(
      10,
      { least: 1, most: 1_000_000 },
      { flag: "storage-capacity", help: "Files that are kept; the oldest beyond are deleted." },
    ),
  ),
  failoverTimeoutMs: liveOption(
    durationOption("1s", {
      flag: "failover-timeout",
      help: "Time between two attempts to repair what failed.",
    }),
  ),
  failoverAttemptsCount: liveOption(
    countOption(
      10,
      { least: 1, most: 1_000_000 },
      { flag: "failover-attempts-count", help: "Repair attempts before the replica gives up." },
    ),
  ),
  sessionTimeoutMs: durationOption(
    "10s",
    {
      flag: "session-timeout",
      help: "Time until the servers forget a silent replica; they may grant another.",
    },
    leastSessionTimeoutMs,
  ),
  zkPath: option<string>({
    flag: "zk-path",
    unit: "path",
    completes: "nothing",
    fallback: { kind: "text", text: "/election" },
    help: "ZooKeeper path of the service: replicas with the same path compete.",
    secret: false,
    parse: parseZkPath,
  }),
  zkTlsCa: tlsFileOption(parseAuthoritiesFile, {
    flag: "zk-tls-ca",
    help: "PEM file of the authorities that sign the servers' certificates; turns TLS on.",
  }),
  zkTlsCert: tlsFileOption(parseCertificateFile, {
    flag: "zk-tls-cert",
    help: "PEM file of our certificate, for servers that ask for one.",
  }),
  zkTlsKey: tlsFileOption(parseKeyFile, {
    flag: "zk-tls-key",
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
    variableOnly: true,
    parse: parseLogin,
  }),
  zkAcl: option<"open" | "own" | null>({
    flag: "zk-acl",
    unit: "open|own",
    fallback: { kind: "none", shown: "own with a login, else open" },
    help: "Who may change our nodes: everybody, or whoever proves our login or certificate.",
    secret: false,
    parse: choiceOf(["open", "own"]),
  }),
  replicaId: option<ReplicaId>({
    flag: "replica-id",
    unit: "name",
    fallback: {
      kind: "computed",
      shown: "host name and a nonce",
      text: ({ hostName, nonce }) => defaultReplicaId(hostName, nonce),
    },
    help: "What the replica calls itself; unique among the replicas.",
    secret: false,
    parse: parseReplicaId,
  }),
  httpAddress: option<HttpAddress | null>({
    flag: "http-address",
    unit: "address",
    fallback: { kind: "none", shown: "off" },
    help: "HTTP endpoints: host:port, :port (loopback) or unix:/path.",
    secret: false,
    parse: parseHttpAddress,
  }),
  httpTokenFile: option<string | null>({
    flag: "http-token-file",
    unit: "path",
    fallback: { kind: "none", shown: "none" },
    help: "File with the token that lets who sends it step the replica down over TCP.",
    secret: false,
    parse: parsePath,
  }),
  stateDir: option<string | null>({
    flag: "state-dir",
    unit: "path",
    fallback: { kind: "none", shown: "off" },
    help: "Local directory that lets the next start release what a killed process held.",
    secret: false,
    parse: parsePath,
  }),
  stopTimeoutMs: liveOption(
    durationOption("8s", {
      flag: "stop-timeout",
      help: "Time that stopping may take before the process exits regardless.",
    }),
  ),
  onElected: option<readonly string[] | null>({
    flag: "on-elected",
    unit: "command",
    fallback: { kind: "none", shown: "none" },
    help: "Runs after leadership is won, before anything else is done with it.",
    secret: false,
    parse: parseCommandWords,
  }),
  onLost: option<readonly string[] | null>({
    flag: "on-lost",
    unit: "command",
    fallback: { kind: "none", shown: "none" },
    help: "Runs when leadership ends, before the next leader starts where that is possible.",
    secret: false,
    parse: parseCommandWords,
  }),
  hookTimeoutMs: durationOption("3s", {
    flag: "hook-timeout",
    help: "Time that on-elected and on-lost may take each, before they are stopped.",
  }),
  execStopSignal: execOption(
    choiceOption(
      ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"],
      { kind: "text", text: "SIGTERM" },
      {
        flag: "exec-stop-signal",
        help: "The signal that asks every process of the command to end.",
      },
    ),
  ),
  execStopTimeoutMs: durationOption("2s", {
    flag: "exec-stop-timeout",
    help: "Time from the stop signal to SIGKILL, for the command of exec and the hooks.",
  }),
  execForward: execOption(
    option<readonly ForwardedSignal[] | null>({
      flag: "exec-forward",
      unit: "signal,...",
      completes: { list: forwardedSignals },
      fallback: { kind: "none", shown: "none" },
      help: "Signals passed on to the command alone: SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2.",
      secret: false,
      parse: parseForwardedSignals,
    }),
  ),
  execRestart: execOption(
    choiceOption(
      ["always", "on-failure", "never"],
      { kind: "text", text: "always" },
      { flag: "exec-restart", help: "Whether a command that has ended by itself starts again." },
    ),
  ),
  execThen: execOption(
    choiceOption(
      ["stay", "resign", "exit"],
      { kind: "text", text: "stay" },
      {
        flag: "exec-then",
        help: "When it does not start again: stay leader, resign, or exit with its status.",
      },
    ),
  ),
  execRaw: execOption(
    switchOption({ flag: "exec-raw", help: "Leaves the command's output alone: no log lines." }),
  ),
  withFiles: execOption(
    switchOption({ flag: "with-files", help: "Writes the leader's files beside the command." }),
  ),
  logLevel: liveOption(
    choiceOption(
      ["error", "warn", "info", "debug", "trace"],
      { kind: "text", text: "info" },
      { flag: "log-level", help: "The least important lines to log." },
    ),
  ),
  logFormat: choiceOption(
    ["json", "pretty"],
    {
      kind: "computed",
      shown: "pretty on a terminal, else json",
      text: ({ terminal }) => (terminal ? "pretty" : "json"),
    },
    { flag: "log-format", help: "How log lines, which go to stderr, look." },
  ),
  envFile: option<string | null>({
    flag: "env-file",
    unit: "path",
    fallback: { kind: "none", shown: ".env, where there is one" },
    help: "File with variables, as KEY=VALUE lines.",
    secret: false,
    parse: parsePath,
  }),
} as const;

/** The path of a PEM file, whose content is checked at once. */
function tlsFileOption(
  parse: Option<string | null>["parse"],
  wording: Pick<Option<string | null>, "flag" | "help">,
): Option<string | null> {
  const fallback = { kind: "none", shown: "off" } as const;
  return { ...wording, unit: "path", fallback, secret: false, parse };
}

export type OptionTable = typeof options;

/** The configuration of a replica, checked. Durations are in whole milliseconds. */
export type Config = {
  readonly [Field in keyof OptionTable]: OptionTable[Field]["parse"] extends Parser<infer T>
    ? T
    : never;
};

type Parser<T> = Option<T>["parse"];

/** The settings that it takes to find a service and its replicas. */
export const serviceSettings = fieldsOfService;

/** The times of the lease as the settings ask for them, for whoever has not asked a coordinator. */
export function askedLeaseTiming(config: Pick<Config, "sessionTimeoutMs">): LeaseTiming {
  return timingAskedBy(config);
}

/** Which commands a leader has with these options. */
export function commandKinds(
  { onElected, onLost }: Pick<Config, "onElected" | "onLost">,
  command: boolean,
): CommandKinds {
  return { command, onElected: onElected !== null, onLost: onLost !== null };
}
