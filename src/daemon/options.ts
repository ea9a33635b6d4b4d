import {
  askedTiming,
  coordinatorCheck,
  coordinatorChoice,
  coordinatorLabel,
  leastSessionTimeoutMs,
  coordinatorOptions,
  servicePlace,
  usualSessionTimeouts,
  serviceFields as fieldsOfService,
} from "../coordination/zookeeper/options.ts";
import type { ReplicaId } from "../election/ports/coordinator.ts";
import { commandCheck } from "../exec/command-checks.ts";
import { commandVariables } from "../exec/command-environment.ts";
import { commandOptions } from "../exec/options.ts";
import { directoryOption, fileOptions } from "../files/options.ts";
import { httpOptions, tokenCheck } from "../http/options.ts";
import {
  type ConfigOf,
  countOption,
  durationOption,
  exactlyOneOf,
  liveOption,
  option,
  parsePath,
} from "../options/option.ts";
import type { Check, Table } from "../options/table.ts";
import { stateOptions } from "../system/options.ts";
import { logOptions } from "../telemetry/options.ts";
import { defaultReplicaId, parseReplicaId } from "./replica-id.ts";

const { leaderTimeoutMs, storageCapacity } = fileOptions;

/**
 * The options of every room, and those that the composition itself reads, in the order of the help.
 * The key is the field of `Config`; a duration's field ends in its unit.
 */
export const options = {
  ...exactlyOneOf(coordinatorChoice),
  leaderTimeoutMs,
  attempterTimeoutMs: liveOption(
    durationOption("10s", {
      flag: "attempter-timeout",
      help: "Time between two attempts to become leader, besides those when it is our turn.",
    }),
  ),
  fileDir: directoryOption(servicePlace),
  storageCapacity,
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
    { kind: "by-choice", texts: usualSessionTimeouts },
    {
      flag: "session-timeout",
      help: "Time until the servers forget a silent replica; they may grant another.",
    },
    leastSessionTimeoutMs,
  ),
  ...coordinatorOptions,
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
  ...httpOptions,
  ...stateOptions,
  stopTimeoutMs: liveOption(
    durationOption("8s", {
      flag: "stop-timeout",
      help: "Time that stopping may take before the process exits regardless.",
    }),
  ),
  ...commandOptions,
  ...logOptions,
  envFile: option<string | null>({
    flag: "env-file",
    unit: "path",
    fallback: { kind: "none", shown: ".env, where there is one" },
    help: "File with variables, as KEY=VALUE lines.",
    secret: false,
    source: { kind: "env-file", usualPath: ".env" },
    parse: parsePath,
  }),
} as const;

export type Options = typeof options;

/** The configuration of a replica, checked. Durations are in whole milliseconds. */
export type Config = ConfigOf<Options>;

/** What the engine of the configuration is told. */
export const optionTable: Table<Options> = {
  options,
  checks: [coordinatorCheck],
  otherVariables: commandVariables,
};

/**
 * What a replica is checked for besides: whether it can do what its options say.
 * @param runsCommand whether a command is the leader's duty
 */
export function replicaChecks(runsCommand: boolean): readonly Check<Config>[] {
  return [commandCheck<Config>(runsCommand, askedTiming), tokenCheck];
}

/** The ways to agree on a leader: what people call each, and the flag that chooses it. */
export const coordinators: readonly { readonly name: string; readonly flag: string }[] = [
  coordinatorLabel,
];

/** The settings that it takes to find a service and its replicas. */
export const serviceSettings = fieldsOfService;
