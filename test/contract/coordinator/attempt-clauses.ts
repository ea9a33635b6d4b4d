import { expect } from "bun:test";
import { aborted } from "../../../src/base/scope.ts";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { never, standingOf, timingOf } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

/** What a session promises of attempts, and of looking on. */
export const attemptClauses: readonly CoordinatorClause[] = [
  {
    name: "the first attempt of a service wins at once",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      await play.soon(play.wins(session.attempt(outOfTurn, never)));
      expect(a.events.of("waiting-out")).toEqual([]);
    },
  },
  {
    name: "an attempt says who leads, as the leader describes itself, and with which epoch",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      const { epoch } = leadership;
      const session = await play.open(b);
      const outcome = await session.attempt(outOfTurn, never);
      expect(outcome).toEqual({ kind: "led", leader: a.info, epoch });
      expect(leadership.mayAct()).toBe(true);
    },
  },
  {
    name: "attempts while somebody leads change nothing",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      await play.lead(a);
      const { session } = await play.join(b);
      await play.sleep(timingOf(b).renewalMs);
      const { writes } = b;
      for (let count = 0; count < 10; count += 1) {
        expect((await session.attempt(outOfTurn, never)).kind).toBe("led");
      }
      expect(b.writes).toBe(writes);
    },
  },
  {
    name: "of attempts at the same time one wins (I1)",
    check: async (play) => {
      const replicas = play.replicas("a", "b", "c");
      const sessions = await Promise.all(replicas.map((replica) => play.open(replica)));
      const attempts = sessions.map((session) => session.attempt(outOfTurn, never));
      const outcomes = await Promise.all(attempts);
      const won = outcomes.flatMap((outcome) => (outcome.kind === "won" ? [outcome] : []));
      const [victory] = won;
      expect(won).toHaveLength(1);
      if (victory !== undefined) play.expectVictory(victory.leadership);
      const others = sessions.filter((_, index) => outcomes[index]?.kind !== "won");
      for (const session of others) {
        expect(await session.attempt(outOfTurn, never)).toMatchObject({
          kind: "led",
          epoch: victory?.leadership.epoch,
        });
      }
    },
  },
  {
    name: "what was released is not waited out (I3)",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      const session = await play.open(b);
      expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
      // Less than what is left of a lease.
      await play.soon(play.takeOver(session), timingOf(b).renewalMs);
      expect(b.events.of("waiting-out")).toEqual([]);
    },
  },
  {
    name: "a leader that crashed is waited out, also by one that never saw it renew",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      play.crash(a);
      const session = await play.open(b);
      const { forgottenMs } = play.stage;
      await play.soon(play.takeOver(session), forgottenMs + 2 * timingOf(b).leaseMs);
      expect(leadership.mayAct()).toBe(false);
    },
  },
  {
    name: "a leader that crashed is waited out by the first in line (I3)",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      const { session, turn } = await play.join(b);
      play.crash(a);
      const { forgottenMs } = play.stage;
      const call = await play.soon(turn, forgottenMs);
      expect(call.isOurTurn).toBe(true);
      await play.soon(play.takeOver(session, call), timingOf(b).leaseMs);
      expect(leadership.mayAct()).toBe(false);
    },
  },
  {
    name: "a leader that is cut off never acts beside its successor, nor after it (I1)",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      const { session, turn } = await play.join(b);
      a.cut();
      const successor = await play.takeOver(session, await turn);
      a.heal();
      for (let count = 0; count < 20; count += 1) {
        expect([leadership.mayAct(), successor.mayAct()]).toEqual([false, true]);
        await play.sleep(timingOf(b).renewalMs / 10);
      }
      expect(leadership.lost.failure).toBeDefined();
    },
  },
  {
    name: "who gives up waiting for a lease has not led, and leaves that lease to be waited out",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      const waiting = await play.open(b);
      a.cut();
      const stop = new AbortController();
      let isOver = false;
      const attempts = (async () => {
        for (;;) {
          const outcome = await waiting.attempt(outOfTurn, stop.signal);
          isOver = outcome.kind !== "led";
          if (isOver) return outcome;
          await play.sleep(20);
        }
      })();
      await play.until(() => isOver || b.events.of("waiting-out").length > 0);
      stop.abort();
      const outcome = await play.soon(attempts);
      // Where nothing was left to wait for, it has won before.
      if (outcome.kind === "won") play.expectVictory(outcome.leadership);
      else expect(outcome.kind).toBe("undecided");
      await waiting.close(never);
      const session = await play.open(c);
      await play.takeOver(session);
      expect(leadership.mayAct()).toBe(false);
    },
  },
  {
    name: "an attempt that reaches nobody is undecided, as soon as it is aborted (I4)",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      a.deafen();
      const stop = new AbortController();
      const attempt = session.attempt(outOfTurn, stop.signal);
      await play.sleep(50);
      stop.abort();
      expect(await play.soon(attempt)).toMatchObject({ kind: "undecided" });
      expect(await play.soon(session.attempt(outOfTurn, stop.signal))).toMatchObject({
        kind: "undecided",
      });
    },
  },
  {
    name: "an attempt whose answer was lost is settled by a later one, also when it won",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const first = await play.lead(a);
      const { session, turn } = await play.join(b);
      await play.sleep(timingOf(b).renewalMs);
      await first.leadership.resign(never);
      const call = await turn;
      // Before it has asked for anything: what it asks for is done, and it does not hear of it.
      b.deafen();
      const attempt = session.attempt(call, never);
      await play.sleep(200);
      b.cut();
      b.heal();
      const outcome = await attempt;
      const leadership =
        outcome.kind === "won"
          ? play.expectVictory(outcome.leadership)
          : await play.takeOver(session);
      expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    },
  },
  {
    name: "an attempt with a session that is over ends, and wins nothing",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const lost = await play.open(a);
      a.cut();
      await aborted(lost.lost.signal);
      const closed = await play.open(b);
      await closed.close(never);
      for (const session of [lost, closed]) {
        const attempt = await play.soon(session.attempt(outOfTurn, never));
        expect(["undecided", "failed"]).toContain(attempt.kind);
      }
    },
  },
  {
    name: "looking on tells who leads, and neither registers nor attempts",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const session = await play.open(b);
      const { writes } = b;
      expect(await session.sighting(never)).toEqual({ kind: "nobody" });
      await play.lead(a);
      await play.until(async () => (await session.sighting(never)).kind !== "nobody");
      expect(await session.sighting(never)).toEqual({ kind: "led", leader: a.info });
      await play.surveyUntil(a, () => true);
      expect(standingOf(a)).toMatchObject({ position: 0, size: 1 });
      expect(b.writes).toBe(writes);
      b.deafen();
      const stop = new AbortController();
      const sighting = session.sighting(stop.signal);
      await play.sleep(50);
      stop.abort();
      expect(await play.soon(sighting)).toEqual({ kind: "unknown" });
    },
  },
];
