import { expect } from "bun:test";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { never, standingOf } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

/** What a session promises of standing in line. */
export const lineClauses: readonly CoordinatorClause[] = [
  {
    name: "it is our turn at once where nobody leads and nobody stands before us",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      const call = await play.soon(session.turn(never));
      expect(call.isOurTurn).toBe(true);
      await play.soon(play.wins(session.attempt(call, never)));
      expect(standingOf(a)).toMatchObject({ position: 0, size: 1, candidates: ["a"] });
    },
  },
  {
    name: "the line is called in order, one at a time",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const first = await play.lead(a);
      const second = await play.join(b);
      const third = await play.join(c);
      expect(standingOf(c)).toMatchObject({ position: 2, size: 3, candidates: ["a", "b", "c"] });
      expect(await play.resolves(Promise.race([second.turn, third.turn]), 300)).toBe(false);

      await first.leadership.resign(never);
      const call = await play.soon(second.turn);
      expect(call.isOurTurn).toBe(true);
      const leadership = await play.soon(play.wins(second.session.attempt(call, never)));
      expect(await play.resolves(third.turn, 300)).toBe(false);

      await leadership.resign(never);
      const next = await play.soon(third.turn);
      expect(next.isOurTurn).toBe(true);
      await play.soon(play.wins(third.session.attempt(next, never)));
    },
  },
  {
    name: "an abort ends a turn, which is none then",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      await play.lead(a);
      const stop = new AbortController();
      const { session, turn } = await play.join(b, stop.signal);
      stop.abort();
      expect(await play.soon(turn)).toMatchObject({ isOurTurn: false });
      expect(await play.soon(session.turn(stop.signal))).toMatchObject({ isOurTurn: false });
    },
  },
  {
    name: "the loss of the session ends a turn, which is none then",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      await play.lead(a);
      const { session, turn } = await play.join(b);
      b.cut();
      const call = await play.soon(turn, b.coordination.patience.answersMs);
      expect(call.isOurTurn).toBe(false);
      expect(session.lost.failure).toBeDefined();
    },
  },
  {
    name: "closing the session ends a turn, which is none then",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      await play.lead(a);
      const { session, turn } = await play.join(b);
      await play.soon(session.close(never), 50);
      expect(await play.soon(turn)).toMatchObject({ isOurTurn: false });
    },
  },
  {
    name: "a place is kept when its turn is given up and asked for again",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      const stop = new AbortController();
      const second = await play.join(b, stop.signal);
      const third = await play.join(c);
      stop.abort();
      await second.turn;
      expect(await second.session.attempt(outOfTurn, never)).toMatchObject({ kind: "led" });
      const again = second.session.turn(never);
      await play.surveyUntil(b, ({ size }) => size === 3);
      expect(standingOf(b)?.position).toBe(1);
      await leadership.resign(never);
      const call = await play.soon(again);
      await play.wins(second.session.attempt(call, never));
      expect(await play.resolves(third.turn, 100)).toBe(false);
    },
  },
  {
    name: "who gave leadership up stands at the end, and may lead again in its session",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const first = await play.lead(a);
      const second = await play.join(b);
      await first.leadership.resign(never);
      const again = first.session.turn(never);
      const call = await play.soon(second.turn);
      const leadership = await play.wins(second.session.attempt(call, never));
      await play.until(() => standingOf(a)?.size === 2 && standingOf(a)?.position === 1);
      expect(standingOf(a)?.candidates).toEqual(["b", "a"]);
      expect(await play.resolves(again, 100)).toBe(false);
      await leadership.resign(never);
      const next = await play.soon(again);
      expect(next.isOurTurn).toBe(true);
      await play.soon(play.wins(first.session.attempt(next, never)));
    },
  },
  {
    name: "nobody waits for who has closed its session",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      const second = await play.join(b);
      const third = await play.join(c);
      await second.session.close(never);
      await leadership.resign(never);
      expect((await play.soon(third.turn)).isOurTurn).toBe(true);
    },
  },
  {
    name: "nobody waits for who has crashed, once it is forgotten",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      await play.join(b);
      const third = await play.join(c);
      play.crash(b);
      await leadership.resign(never);
      const call = await play.soon(third.turn, play.stage.forgottenMs);
      expect(call.isOurTurn).toBe(true);
      await play.soon(play.wins(third.session.attempt(call, never)));
    },
  },
  {
    name: "a call that has grown old wins nothing that somebody else holds",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      const second = await play.join(b);
      const other = await play.open(c);
      await leadership.resign(never);
      const call = await second.turn;
      expect(call.isOurTurn).toBe(true);
      const early = await other.attempt(outOfTurn, never);
      if (early.kind === "won") {
        const { epoch } = play.expectVictory(early.leadership);
        expect(await second.session.attempt(call, never)).toMatchObject({ kind: "led", epoch });
        expect(early.leadership.mayAct()).toBe(true);
      } else await play.wins(second.session.attempt(call, never));
    },
  },
  {
    name: "an attempt out of turn finds a leader where the line is asleep",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const { leadership } = await play.lead(a);
      // It was called, and does nothing.
      const { turn, session } = await play.join(b);
      const last = await play.join(c);
      await leadership.resign(never);
      await play.soon(turn);
      await session.close(never);
      await play.soon(play.takeOver(last.session), c.coordination.patience.answersMs);
    },
  },
];
