import { expect } from "bun:test";
import type { Instant } from "../../../src/base/scheduler.ts";
import { expectRefused } from "./session-clauses.ts";
import { type ContractClause, type ContractStage, type Member, rolesOf } from "./stage.ts";
import { WireClient } from "./wire-client.ts";

const never = new AbortController().signal;

/** Servers read their clocks in whole milliseconds. */
const clockStepMs = 2;

/** An observer at another server: `at` resolves with the instant it hears of the deletion. */
export async function deletionOf(
  stage: ContractStage,
  observer: Member,
  path: string,
): Promise<{ readonly at: Promise<Instant> }> {
  const client = await stage.connect([observer]);
  await client.sync("/");
  const { stat, watch } = await client.exists(path, { watch: never });
  if (stat === undefined || watch === undefined) throw new Error("there is nothing to observe");
  const at = watch.then(async ({ kind }) => {
    const now = stage.scheduler.now();
    expect(kind).toBe("deleted");
    await stage.close(client);
    return now;
  });
  return { at };
}

/**
 * How long a session outlives its last sign of life at the most: its timeout, the rest of the
 * tick's bucket, and half a tick until a follower has told the leader.
 */
export function longestLifeMs({ tickMs, slackMs }: ContractStage, timeoutMs: number): number {
  return timeoutMs + 1.5 * tickMs + slackMs;
}

/** Opens a session, shows life for the last time, and measures how long it outlives that. */
async function expectSilentDeath(
  stage: ContractStage,
  member: Member,
  observer: Member,
  path: string,
): Promise<void> {
  const { scheduler, tickMs } = stage;
  const timeoutMs = 2 * tickMs;
  const silent = await WireClient.begin(stage, member, timeoutMs);
  await silent.create(path, "ephemeral");
  const deletion = await deletionOf(stage, observer, path);
  const sentAt = scheduler.now();
  await silent.ping();
  const answeredAt = scheduler.now();
  const deletedAt = await deletion.at;
  expect(deletedAt - sentAt).toBeGreaterThanOrEqual(timeoutMs - clockStepMs);
  expect(deletedAt - answeredAt).toBeLessThanOrEqual(longestLifeMs(stage, timeoutMs));
  expect(await silent.next()).toBeUndefined();
  for (const each of stage.members) await expectRefused(stage, each, silent);
}

/** Shows life in one way for longer than a silent session would live. */
export async function expectLife(
  stage: ContractStage,
  member: Member,
  path: string,
  showLife: (client: WireClient) => Promise<unknown>,
): Promise<void> {
  const { scheduler, tickMs, slackMs } = stage;
  const timeoutMs = 4 * tickMs;
  const client = await WireClient.begin(stage, member, timeoutMs);
  await client.create(path, "ephemeral");
  const since = scheduler.now();
  while (scheduler.now() - since < longestLifeMs(stage, timeoutMs) - slackMs + tickMs) {
    await showLife(client);
    await scheduler.sleep(timeoutMs / 6, never);
  }
  expect(await client.exists(path)).toMatchObject({ ephemeralOwner: client.sessionId });
  await client.end();
}

export const expiryClauses: readonly ContractClause[] = [
  {
    name: "a silent session ends after its timeout, and at most one bucket and a report later",
    check: async (stage) => {
      const { leader, follower, otherFollower } = await rolesOf(stage);
      await Promise.all([
        expectSilentDeath(stage, leader, follower, "/silent-leader"),
        expectSilentDeath(stage, follower, otherFollower, "/silent-follower"),
      ]);
    },
  },
  {
    name: "pings and reads keep a session alive, at the leader and at a follower",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      await Promise.all([
        expectLife(stage, leader, "/pings-leader", (client) => client.ping()),
        expectLife(stage, follower, "/pings-follower", (client) => client.ping()),
        expectLife(stage, leader, "/reads-leader", (client) => client.exists("/")),
        expectLife(stage, follower, "/reads-follower", (client) => client.exists("/")),
      ]);
    },
  },
  {
    name: "who resumes a session with a shorter timeout shortens what is left of its life",
    check: async (stage) => {
      const { scheduler, tickMs } = stage;
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const shorten = async (member: Member, path: string): Promise<void> => {
        const long = await WireClient.begin(stage, member, 20 * tickMs);
        await long.create(path, "ephemeral");
        const deletion = await deletionOf(stage, otherFollower, path);
        const short = await WireClient.resume(stage, member, long, 2 * tickMs);
        // Until every follower has reported the new session that it heard of, and this one the
        // old connection, both with the longer timeout.
        const since = scheduler.now();
        while (scheduler.now() - since < tickMs) {
          await short.ping();
          await scheduler.sleep(tickMs / 5, never);
        }
        await short.ping();
        const answeredAt = scheduler.now();
        const lived = (await deletion.at) - answeredAt;
        expect(lived).toBeLessThanOrEqual(longestLifeMs(stage, 2 * tickMs));
      };
      await Promise.all([
        shorten(leader, "/shorter-leader"),
        shorten(follower, "/shorter-follower"),
      ]);
    },
  },
];
