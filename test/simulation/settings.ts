import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import type { ServiceConfig } from "../../src/coordination/zookeeper/options.ts";
import type { ReplicaConfig } from "../../src/daemon/replica.ts";
import { longestSlewShare } from "../../src/base/scheduler.ts";
import { timingProblem } from "../../src/exec/timings.ts";
import { unreachable } from "../../src/base/unreachable.ts";
import { type Fault, planFaults, planRestore, planWipe } from "./faults/faults.ts";
import type { Hooks } from "./replica/replica-commands.ts";
import { Random } from "./world/random.ts";

/**
 * What is asserted, and what is done.
 *
 * - `default`: every fault within the stated assumptions; every invariant.
 * - `beyond`: raw clocks off by 30 %; fencing must hold, mutual exclusion may not.
 * - `wipe`: the ensemble loses its data once; nobody leads below the fence.
 * - `restore`: it goes back to a backup once, among other faults; nobody writes below the fence.
 * - `calm`: no fault at all.
 */
export const profiles = ["default", "beyond", "wipe", "restore", "calm"] as const;
export type Profile = (typeof profiles)[number];

/** A machine, and the replicas on it. */
export interface MachinePlan {
  readonly replicas: number;
  /**
   * `shared`: the directory of the machine before it, on a file system that passes for a local one
   * although the locks of one machine do not reach another.
   */
  readonly stateDirectory: "none" | "own" | "shared";
}

/** A replica's settings, but for its name. */
export type SimulatedConfig = Omit<ReplicaConfig, "replicaId"> & ServiceConfig;

export type LiveSettings = Pick<
  SimulatedConfig,
  | "leaderTimeoutMs"
  | "attempterTimeoutMs"
  | "failoverTimeoutMs"
  | "failoverAttemptsCount"
  | "storageCapacity"
>;

/** Everything that a seed decides before the world begins. */
export interface Settings {
  readonly seed: number;
  readonly profile: Profile;
  readonly replicas: number;
  readonly machines: readonly MachinePlan[];
  readonly servers: number;
  readonly tickMs: number;
  readonly syncLimit: number;
  readonly pingsOvertake: boolean;
  readonly sharedDirectory: boolean;
  /** Whether leaders run a command, and what becomes of the files then. */
  readonly command: "none" | "alone" | "beside";
  /** Which commands run before and after a leadership. */
  readonly hooks: Hooks;
  /** Files of an earlier life of the service, with a low epoch. */
  readonly oldFiles: number;
  /** How far each raw clock's rate may be off. */
  readonly rateError: number;
  /** How far a time daemon may slew each ordinary clock besides. */
  readonly slewError: number;
  readonly config: SimulatedConfig;
  readonly faults: readonly Fault[];
  /** No fault lasts longer than this. */
  readonly faultsUntilMs: number;
  /** How long after that one leader has to be there. */
  readonly recoveryMs: number;
}

const stopTimeoutMs = 8_000;
const attempterTimeouts = [5_000, 10_000] as const;

/** What the calm end of a simulation takes, see epilogue.ts. */
export const epilogueMs = 75_000;

/** What a reload may change: the same choice as at the start. */
export function liveSettingsOf(random: Random): LiveSettings {
  return {
    leaderTimeoutMs: random.pick([1_000, 2_000, 5_000]),
    attempterTimeoutMs: random.pick(attempterTimeouts),
    failoverTimeoutMs: random.pick([100, 500, 1_000]),
    failoverAttemptsCount: random.integer(3, 10),
    storageCapacity: random.integer(1, 10),
  };
}

export function settingsOf(seed: number, profile: Profile, minutes: number): Settings {
  const random = new Random(seed, "settings");
  const servers = random.pick([3, 3, 3, 5]);
  const sessionTimeoutMs = random.pick([2_000, 4_000, 6_000, 10_000]);
  const tickMs = Math.min(1_000, sessionTimeoutMs / 2);
  const syncLimit = random.integer(3, 10);
  const recoveryMs =
    3 * sessionTimeoutMs + 2 * Math.max(...attempterTimeouts) + syncLimit * tickMs + 5_000;
  const faultsUntilMs = Math.max(20_000, minutes * 60_000 - recoveryMs - epilogueMs);
  const config = {
    zkServers: {
      servers: Array.from({ length: servers }, (_, index) => ({
        host: `server-${index + 1}`,
        port: 2181,
      })),
      chroot: "/",
    },
    zkPath: "/services/simulated",
    zkTlsCa: null,
    zkTlsCert: null,
    zkTlsKey: null,
    zkAuth: null,
    zkAuthFile: null,
    sessionTimeoutMs,
    stopTimeoutMs,
    ...liveSettingsOf(random),
  } as unknown as SimulatedConfig;
  const replicas = random.integer(3, 7);
  const commands = new Random(seed, "commands");
  const command = commands.chance(0.6) ? "none" : commands.pick(["alone", "beside"] as const);
  return {
    seed,
    profile,
    replicas,
    machines: machinesOf(new Random(seed, "machines"), replicas),
    servers,
    tickMs,
    syncLimit,
    pingsOvertake: random.chance(0.5),
    sharedDirectory: profile === "wipe" || random.chance(0.6),
    oldFiles: random.chance(0.5) ? random.integer(40, 150) : 0,
    rateError: profile === "beyond" ? 0.3 : 0.01,
    slewError: profile === "calm" ? 0 : longestSlewShare,
    command,
    hooks: hooksOf(new Random(seed, "hooks")),
    config: { ...config, ...commandConfigOf(commands, command, sessionTimeoutMs) },
    faults: faultsOf(seed, profile, faultsUntilMs),
    faultsUntilMs,
    recoveryMs,
  };
}

function commandConfigOf(
  random: Random,
  command: Settings["command"],
  sessionTimeoutMs: number,
): Pick<
  ReplicaConfig,
  "withFiles" | "execStopTimeoutMs" | "execRestart" | "execThen" | "hookTimeoutMs"
> {
  const timing = leaseTimingOf(sessionTimeoutMs);
  let execStopTimeoutMs = Math.floor(random.between(50, 3_000));
  while (timingProblem({ stopTimeoutMs, execStopTimeoutMs }, timing) !== undefined)
    execStopTimeoutMs -= 50;
  const execRestart = random.pick(["always", "always", "on-failure", "never"] as const);
  // With "stay" nobody runs a command any more: that is for unit tests.
  const execThen = random.pick(["resign", "exit"] as const);
  // Up to a minute, in which the watchdog must not strike.
  const hookTimeoutMs = Math.floor(200 * 300 ** random.next());
  const withFiles = command !== "alone";
  return { withFiles, execStopTimeoutMs, execRestart, execThen, hookTimeoutMs };
}

function hooksOf(random: Random): Hooks {
  const elected = random.chance(0.25);
  return { elected, lost: random.chance(elected ? 0.6 : 0.15) };
}

function machinesOf(random: Random, replicas: number): readonly MachinePlan[] {
  const machines: MachinePlan[] = [];
  for (let placed = 0; placed < replicas;) {
    const size = Math.min(replicas - placed, random.chance(0.3) ? 2 : 1);
    const stateDirectory = random.chance(0.2) ? "none" : random.chance(0.3) ? "shared" : "own";
    machines.push({ replicas: size, stateDirectory });
    placed += size;
  }
  return machines;
}

function faultsOf(seed: number, profile: Profile, untilMs: number): readonly Fault[] {
  const random = new Random(seed, "faults");
  switch (profile) {
    case "calm":
      return [];
    case "wipe":
      return [planWipe(random, random.between(20_000, untilMs - 25_000))];
    case "restore": {
      const others = planFaults(random, Math.round((4 * untilMs) / 60_000), 3_000, untilMs);
      const faults = [...others, ...planRestore(random, 5_000, untilMs - 5_000)];
      return faults.toSorted((one, other) => one.atMs - other.atMs);
    }
    case "default":
    case "beyond": {
      const perMinute = random.between(2, 12);
      const count = Math.round((perMinute * untilMs) / 60_000);
      return planFaults(random, count, 3_000, untilMs);
    }
    default:
      return unreachable(profile);
  }
}
