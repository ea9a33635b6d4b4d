import { expect } from "bun:test";
import { aborted } from "../../../src/base/scope.ts";
import { never, timingOf } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

/** What a session promises of its end. */
export const closingClauses: readonly CoordinatorClause[] = [
  {
    name: "closing is done once, however often it is asked for",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { session, leadership } = await play.lead(a);
      await leadership.resign(never);
      await play.soon(Promise.all([session.close(never), session.close(never)]), 100);
      await play.soon(session.close(never));
      session.abandon();
      expect(session.lost.failure).toBeUndefined();
      expect(a.coordination.pendingRequests).toBe(0);
    },
  },
  {
    name: "closing waits no longer than its signal says",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      await play.lead(a);
      const waiting = await play.join(b);
      b.deafen();
      const limit = new AbortController();
      const closing = waiting.session.close(limit.signal);
      await play.sleep(50);
      limit.abort();
      await play.soon(closing);
      const other = await play.open(a);
      await play.soon(other.close(AbortSignal.abort()));
    },
  },
  {
    name: "closing after a resignation leaves nothing in the successor's way",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const first = await play.lead(a);
      const { session, turn } = await play.join(b);
      await first.leadership.resign(never);
      const closing = first.session.close(never);
      const call = await play.soon(turn);
      await play.soon(play.wins(session.attempt(call, never)));
      expect(b.events.of("waiting-out")).toEqual([]);
      await play.soon(closing, 100);
    },
  },
  {
    name: "a leader that closes without a resignation is waited out",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const first = await play.lead(a);
      const successor = await play.open(b);
      await first.session.close(never);
      const { forgottenMs } = play.stage;
      await play.soon(play.takeOver(successor), forgottenMs + 2 * timingOf(b).leaseMs);
      expect(first.leadership.mayAct()).toBe(false);
    },
  },
  {
    name: "what a resignation could not give up is given up as soon as somebody can be asked",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await aborted(leadership.lost.signal);
      const limit = new AbortController();
      const resigning = leadership.resign(limit.signal);
      limit.abort();
      expect((await resigning).kind).toBe("unknown");
      await session.close(AbortSignal.abort());
      a.heal();
      // It has seen no renewal, and would have to wait if the session had only run out.
      const successor = await play.open(b);
      await play.takeOver(successor);
      expect(b.events.of("waiting-out")).toEqual([]);
      expect(await play.soon(a.coordinator.leave(never), timingOf(a).renewalMs)).toBeUndefined();
    },
  },
  {
    name: "without a resignation a session that could not be closed is only closed",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await play.sleep(50);
      await session.close(AbortSignal.abort());
      a.heal();
      const successor = await play.open(b);
      const { forgottenMs } = play.stage;
      await play.soon(play.takeOver(successor), forgottenMs + 2 * timingOf(b).leaseMs);
      expect(leadership.mayAct()).toBe(false);
    },
  },
  {
    name: "what is abandoned is left to run out, as after a crash",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { session, leadership } = await play.lead(a);
      const waiting = await play.join(b);
      const { validUntil } = leadership;
      session.abandon();
      session.abandon();
      expect(a.coordination.pendingRequests).toBe(0);
      expect(session.lost.failure).toBeUndefined();
      const call = await play.soon(waiting.turn, play.stage.forgottenMs);
      expect(leadership.validUntil).toBe(validUntil);
      await play.soon(play.takeOver(waiting.session, call), timingOf(b).leaseMs);
      expect(leadership.mayAct()).toBe(false);
    },
  },
];
