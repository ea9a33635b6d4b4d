import { expect } from "bun:test";
import { aborted } from "../../../src/base/scope.ts";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { never, timingOf } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

/** What a leadership promises while it lasts, and how it ends. */
export const leadershipClauses: readonly CoordinatorClause[] = [
  {
    name: "renewals move the end of the lease, and nothing else",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      const { epoch } = leadership;
      const { leaseMs, renewalMs } = leadership.timing;
      for (let count = 0; count < 3; count += 1) {
        const { renewedAt, validUntil } = leadership;
        expect(validUntil - renewedAt).toBeCloseTo(leaseMs);
        await play.soon(leadership.renewal(never), renewalMs);
        expect(leadership.validUntil).toBeGreaterThan(validUntil);
        expect(leadership.renewedAt).toBeGreaterThan(renewedAt);
      }
      expect(leadership.epoch).toBe(epoch);
      expect(leadership.mayAct()).toBe(true);
    },
  },
  {
    name: "waiting for a renewal ends with an abort",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      a.cut();
      const stop = new AbortController();
      const renewal = leadership.renewal(stop.signal);
      await play.sleep(50);
      stop.abort();
      await play.soon(renewal);
      await play.soon(leadership.renewal(stop.signal));
    },
  },
  {
    name: "a lease that is not renewed ends when it said, for good",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      a.cut();
      const lost = aborted(leadership.lost.signal);
      const { validUntil } = leadership;
      await play.until(() => !leadership.mayAct(), leadership.timing.leaseMs + 500);
      expect(leadership.validUntil).toBe(validUntil);
      await play.soon(lost);
      expect(leadership.lost.failure).toMatchObject({
        resource: "coordinator",
        code: "lease-ended",
      });
      a.heal();
      for (let count = 0; count < 10; count += 1) {
        expect(leadership.mayAct()).toBe(false);
        await play.sleep(leadership.timing.renewalMs / 5);
      }
    },
  },
  {
    name: "after a resignation nothing is acted, from the call on",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      const resigning = leadership.resign(never);
      expect(leadership.mayAct()).toBe(false);
      expect(await play.soon(resigning)).toEqual({ kind: "resigned" });
      expect(leadership.mayAct()).toBe(false);
      expect(leadership.lost.failure).toBeUndefined();
    },
  },
  {
    name: "a second resignation resolves as the first one",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      const together = [leadership.resign(never), leadership.resign(never)];
      expect(await Promise.all(together)).toEqual([{ kind: "resigned" }, { kind: "resigned" }]);
      const { writes } = a;
      expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
      expect(a.writes).toBe(writes);
    },
  },
  {
    name: "a resignation whose answer is lost is unknown, is not repeated, and may have been done",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { session, leadership } = await play.lead(a);
      const successor = await play.open(b);
      a.deafen();
      const resigning = leadership.resign(never);
      await play.sleep(200);
      a.cut();
      const resignation = await play.soon(resigning, a.coordination.patience.answersMs);
      expect(resignation.kind).toBe("unknown");
      expect(await leadership.resign(never)).toEqual(resignation);
      await session.close(AbortSignal.abort());
      a.heal();
      await play.soon(play.takeOver(successor), play.stage.forgottenMs);
    },
  },
  {
    name: "a resignation ends with its signal, and is unknown then",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      a.deafen();
      const limit = new AbortController();
      const resigning = leadership.resign(limit.signal);
      await play.sleep(50);
      limit.abort();
      const resignation = await play.soon(resigning);
      expect(resignation.kind).toBe("unknown");
      expect(await play.soon(leadership.resign(never))).toEqual(resignation);
    },
  },
  {
    name: "a lease that is over is given up all the same, when somebody can be asked",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await aborted(leadership.lost.signal);
      a.heal();
      await play.until(async () => (await session.horizon(never)) !== undefined);
      expect(await play.soon(leadership.resign(never))).toEqual({ kind: "resigned" });
      const successor = await play.open(b);
      await play.soon(play.takeOver(successor), timingOf(b).renewalMs);
      expect(b.events.of("waiting-out")).toEqual([]);
    },
  },
  {
    name: "a lease that is over, and nobody to be asked: the resignation is unknown, without a wait",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { leadership } = await play.lead(a);
      a.cut();
      await aborted(leadership.lost.signal);
      const resignation = await play.soon(leadership.resign(never), timingOf(a).renewalMs);
      expect(resignation.kind).toBe("unknown");
    },
  },
  {
    // That each is higher than all before is held at every victory of every clause.
    name: "epochs rise over resignations, in one session too, a crash and a new session (I2)",
    check: async (play) => {
      const [a, b, c] = play.replicas("a", "b", "c");
      const first = await play.lead(a);
      await first.leadership.resign(never);
      const again = await play.takeOver(first.session);
      await again.resign(never);
      await first.session.close(never);
      await play.lead(b);
      const { session, turn } = await play.join(c);
      play.crash(b);
      const third = await play.takeOver(session, await turn);
      await third.resign(never);
      await session.close(never);
      const { epoch } = (await play.lead(a)).leadership;
      expect(epoch).toBeGreaterThan(third.epoch);
    },
  },
  {
    name: "a leader whose session is lost has lost leadership",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await aborted(session.lost.signal);
      expect(leadership.lost.failure).toBeDefined();
      expect(leadership.mayAct()).toBe(false);
      a.heal();
      const next = await play.open(a);
      await play.takeOver(next, outOfTurn);
    },
  },
];
