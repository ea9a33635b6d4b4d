import { until } from "./docker.ts";
import type { Entry, Stage } from "./stage.ts";

/** Looks at one promise, and gives what it saw, for people; throws when it is not kept. */
export type Check = (stage: Stage) => Promise<string> | string;

/** The plain unit, and an instance of the template beside it. */
export const plain = "election.service";
export const instance = "election@b.service";
const settings = "/etc/election/election.env";
/** What ELECTION_ENV_FILE names: read again by a reload. */
export const liveSettings = "/etc/election/live.env";
export const limitMs = 60_000;
/** The default session timeout: what a hand-over must not have to wait for. */
export const sessionMs = 10_000;
/** What `systemd-analyze security` may say of them. */
export const highestExposure = 2;

/** The exposure of both, from 0 to 10; throws when one's is above `highest`. */
export function exposure(stage: Stage, highest: number): string {
  return [plain, instance]
    .map((unit) => {
      const report = stage.run("systemd-analyze", "security", "--no-pager", unit);
      const figure = /Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1];
      if (figure === undefined) throw new Error(`no figure in:\n${report}`);
      if (Number(figure) > highest) throw new Error(`${figure}:\n${report}`);
      return figure;
    })
    .join(" and ");
}

/** Writes the settings that both share. */
export function configure(stage: Stage, ...more: readonly string[]): void {
  stage.write(liveSettings, ["ELECTION_STORAGE_CAPACITY=10"]);
  stage.write(settings, [
    `ELECTION_ZK_SERVERS=${stage.servers}`,
    "ELECTION_LEADER_TIMEOUT=200ms",
    `ELECTION_ENV_FILE=${liveSettings}`,
    "BUN_BE_BUN=1",
    ...more,
  ]);
}

/** Waits until the unit says such a status, and gives it. */
export async function statusOf(stage: Stage, unit: string, pattern: RegExp): Promise<string> {
  return await until(`the status of ${unit} is ${String(pattern)}`, limitMs, () => {
    const status = stage.show(unit)["StatusText"] ?? "";
    return pattern.test(status) && status;
  });
}

/** Waits until the unit has been started anew so often. */
export async function activeAgain(stage: Stage, unit: string, restarts: number): Promise<void> {
  await until(`${unit} is active again`, limitMs, () => {
    const { ActiveState, NRestarts } = stage.show(unit);
    return ActiveState === "active" && Number(NRestarts) === restarts;
  });
}

/** What a line of our log holds. */
export function parsed(entry: Entry): Readonly<Record<string, unknown>> {
  return JSON.parse(entry.MESSAGE) as Record<string, unknown>;
}

/** Throws when it was not seen as expected. */
export function expect<T>(what: string, seen: T, expected: T): void {
  if (seen !== expected) throw new Error(`${what}: ${String(seen)}; expected ${String(expected)}`);
}
