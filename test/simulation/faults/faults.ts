import type { Random } from "../world/random.ts";

/** What can go wrong. The unit of a duration is in its name; whom it hits is found out then. */
export const faultKinds = [
  "kill",
  "power-loss",
  "kill-restarted",
  "kill-waiting",
  "terminate",
  "step-down",
  "pause",
  "suspend",
  "stall",
  "clock-rate",
  "slew",
  "reload",
  "wall-clock",
  "stutter",
  "flapping-network",
  "deaf",
  "mute",
  "leader-node-deleted",
  "session-closed",
  "deposed-unseen",
  "deposed-young",
  "deposed-late",
  "fails-unheard",
  "cut-off-replica",
  "cut-one-path",
  "slow-replica",
  "reset-connection",
  "half-open",
  "kill-server",
  "kill-all-servers",
  "isolate-server",
  "isolate-server-of-leader",
  "split-servers",
  "slow-server",
  "pause-server",
  "odd-answers",
  "late-entry",
  "disk-full",
  "disk-read-only",
  "disk-removed",
  "disk-flush-fails",
  "disk-slow",
  "disk-hangs",
  "wipe",
  "backup",
  "restore",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Whom a fault hits: by role as it is then, or by number. */
export type FaultTarget = "leader" | "next" | number;

/** One fault, with all that chance decides about it, so that leaving another out changes nothing. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly durationMs: number;
  readonly target: FaultTarget;
  /** A second number of [0, 1), for what the kind needs it for. */
  readonly die: number;
}

/** How long a fault of each kind lasts at least and at most, and how often it comes. */
const shapes: Readonly<Record<FaultKind, readonly [least: number, most: number, weight: number]>> =
  {
    kill: [100, 20_000, 3],
    "power-loss": [500, 20_000, 2],
    "kill-restarted": [100, 100, 5],
    "kill-waiting": [8_000, 12_000, 3],
    terminate: [10, 5_000, 3],
    "step-down": [1, 1, 2],
    pause: [50, 25_000, 6],
    suspend: [20, 20_000, 3],
    stall: [50, 5_000, 4],
    "clock-rate": [5_000, 60_000, 3],
    slew: [500, 60_000, 3],
    reload: [1, 1, 2],
    "wall-clock": [1, 1, 1],
    stutter: [3_000, 20_000, 4],
    "flapping-network": [3_000, 20_000, 3],
    deaf: [100, 15_000, 4],
    mute: [100, 15_000, 2],
    "leader-node-deleted": [1, 1, 3],
    "session-closed": [1, 1, 3],
    "deposed-unseen": [8_000, 20_000, 4],
    "deposed-young": [100, 10_000, 3],
    "deposed-late": [8_000, 20_000, 4],
    "fails-unheard": [2_000, 6_000, 2],
    "cut-off-replica": [200, 25_000, 5],
    "cut-one-path": [200, 25_000, 4],
    "slow-replica": [1_000, 20_000, 4],
    "reset-connection": [1, 1, 6],
    "half-open": [1, 1, 4],
    "kill-server": [100, 15_000, 3],
    "kill-all-servers": [500, 15_000, 1],
    "isolate-server": [200, 25_000, 3],
    "isolate-server-of-leader": [1_000, 25_000, 6],
    "split-servers": [500, 20_000, 2],
    "slow-server": [1_000, 20_000, 3],
    "pause-server": [50, 15_000, 3],
    "odd-answers": [500, 10_000, 2],
    "late-entry": [1, 1, 3],
    "disk-full": [500, 15_000, 1],
    "disk-read-only": [500, 15_000, 1],
    "disk-removed": [500, 10_000, 0.4],
    "disk-flush-fails": [500, 10_000, 1],
    "disk-slow": [1_000, 20_000, 2],
    "disk-hangs": [500, 25_000, 2],
    wipe: [12_000, 20_000, 0],
    backup: [1, 1, 0],
    restore: [12_000, 20_000, 0],
  };

/** A list of faults between `fromMs` and `untilMs`, in order of time, all over by then. */
export function planFaults(
  random: Random,
  count: number,
  fromMs: number,
  untilMs: number,
): readonly Fault[] {
  const total = faultKinds.reduce((sum, kind) => sum + shapes[kind][2], 0);
  const faults = Array.from({ length: count }, (): Fault => {
    const kind = pickKind(random.next() * total);
    const [least, most] = shapes[kind];
    // Short and long ones are equally likely on a logarithmic scale.
    const durationMs = least * (most / least) ** random.next();
    const atMs = random.between(fromMs, untilMs - durationMs);
    const target = random.chance(0.6)
      ? "leader"
      : random.chance(0.3)
        ? "next"
        : random.integer(0, 6);
    return { kind, atMs, durationMs, target, die: random.next() };
  });
  // Trouble seldom comes alone: some faults are moved close to the one before them.
  const together = faults.map((fault, index) => {
    const before = faults[index - 1];
    if (before === undefined || !random.chance(0.45)) return fault;
    const atMs = before.atMs + random.between(-1_000, 8_000);
    return { ...fault, atMs: Math.min(Math.max(atMs, fromMs), untilMs - fault.durationMs) };
  });
  return together.toSorted((one, other) => one.atMs - other.atMs);
}

/** A wipe of the ensemble's data, with all servers down for longer than any lease runs. */
export function planWipe(random: Random, atMs: number): Fault {
  const durationMs = random.between(12_000, 20_000);
  return { kind: "wipe", atMs, durationMs, target: 0, die: random.next() };
}

/**
 * A backup of the ensemble's data, and its restoration later, with all servers down for longer than
 * any lease runs. Mostly the servers elect anew in between, so that epochs and zxids go backwards.
 */
export function planRestore(random: Random, fromMs: number, untilMs: number): readonly Fault[] {
  const durationMs = random.between(12_000, 20_000);
  const atMs = random.between(fromMs + (untilMs - fromMs) / 2, untilMs - durationMs);
  const backupMs = random.between(fromMs, atMs - 5_000);
  const betweenMs = random.between(backupMs, atMs - 2_000);
  const plan = (kind: FaultKind, at: number, forMs: number): Fault => {
    return { kind, atMs: at, durationMs: forMs, target: 0, die: random.next() };
  };
  const elections = random.chance(0.8) ? [plan("kill-all-servers", betweenMs, 500)] : [];
  return [plan("backup", backupMs, 1), ...elections, plan("restore", atMs, durationMs)];
}

function pickKind(at: number): FaultKind {
  let rest = at;
  for (const kind of faultKinds) {
    rest -= shapes[kind][2];
    if (rest < 0) return kind;
  }
  return "pause";
}

export function describeFault({ kind, atMs, durationMs, target }: Fault): string {
  return `${(atMs / 1000).toFixed(3)} s: ${kind} (${target}) for ${Math.round(durationMs)} ms`;
}
