import { expect } from "bun:test";
import { aborted } from "../../../src/base/scope.ts";
import { never, standingOf, timingOf } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

/** What `open` may take beyond the session timeout, in milliseconds: "a moment". */
const momentMs = 1_000;

/** What a coordinator promises of its sessions as such. */
export const openingClauses: readonly CoordinatorClause[] = [
  {
    name: "replicas that come first, all at once, each get a session",
    check: async (play) => {
      const replicas = play.replicas("a", "b", "c");
      const sessions = await Promise.all(replicas.map((replica) => play.open(replica)));
      expect(new Set(sessions.map(({ id }) => id)).size).toBe(3);
      for (const { lost } of sessions) expect(lost.failure).toBeUndefined();
    },
  },
  {
    name: "every opening gives a session of its own, of which nothing was used before",
    check: async (play) => {
      const [a] = play.replicas("a");
      const first = await play.lead(a);
      await first.leadership.resign(never);
      await first.session.close(never);
      const second = await play.open(a);
      expect(second.id).not.toBe(first.session.id);
      expect(second.lost.failure).toBeUndefined();
      expect(await second.sighting(never)).toEqual({ kind: "nobody" });
    },
  },
  {
    name: "an opening that reaches nobody fails as unreachable, within the patience of the port",
    check: async (play) => {
      const [a] = play.replicas("a");
      a.cut();
      const { answersMs } = a.coordination.patience;
      const opening = await play.soon(a.coordinator.open(never), answersMs + momentMs);
      expect(opening).toMatchObject({ kind: "failed", failure: { code: "unreachable" } });
      a.heal();
      expect((await play.open(a)).lost.failure).toBeUndefined();
    },
  },
  {
    name: "an opening ends as soon as it is aborted, as unreachable (I4)",
    check: async (play) => {
      const [a] = play.replicas("a");
      a.deafen();
      const stop = new AbortController();
      const opening = a.coordinator.open(stop.signal);
      await play.sleep(50);
      stop.abort();
      const unreachable = { kind: "failed", failure: { code: "unreachable" } };
      expect(await play.soon(opening)).toMatchObject(unreachable);
      expect(await play.soon(a.coordinator.open(stop.signal))).toMatchObject(unreachable);
    },
  },
  {
    name: "a session survives a short disconnection, and leadership with it",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await play.sleep(timingOf(a).renewalMs);
      a.heal();
      await leadership.renewal(never);
      await play.sleep(timingOf(a).leaseMs);
      expect(session.lost.failure).toBeUndefined();
      expect(leadership.lost.failure).toBeUndefined();
      expect(leadership.mayAct()).toBe(true);
    },
  },
  {
    name: "a session that nobody can hear of any more is lost, and another one is opened",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      a.cut();
      const limitMs = a.coordination.patience.answersMs;
      expect(await play.resolves(aborted(session.lost.signal), limitMs)).toBe(true);
      expect(session.lost.failure).toMatchObject({
        resource: "coordinator",
        code: "session-lost",
      });
      a.heal();
      const next = await play.open(a);
      expect(next.id).not.toBe(session.id);
      expect(await next.sighting(never)).toEqual({ kind: "nobody" });
    },
  },
  {
    name: "a session that was closed here is not lost",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      await session.close(never);
      expect(session.lost.failure).toBeUndefined();
    },
  },
  {
    name: "the horizon covers every epoch given so far, whoever asks",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const other = await play.open(b);
      for (let count = 0; count < 3; count += 1) {
        const { session, leadership } = await play.lead(a);
        expect(await other.horizon(never)).toBeGreaterThanOrEqual(leadership.epoch);
        await leadership.resign(never);
        expect(await other.horizon(never)).toBeGreaterThanOrEqual(leadership.epoch);
        await session.close(never);
      }
    },
  },
  {
    name: "there is no horizon when nobody answers",
    check: async (play) => {
      const [a] = play.replicas("a");
      const session = await play.open(a);
      a.deafen();
      const stop = new AbortController();
      const horizon = session.horizon(stop.signal);
      await play.sleep(50);
      stop.abort();
      expect(await play.soon(horizon)).toBeUndefined();
    },
  },
  {
    name: "a survey tells who leads and where we stand",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      const { leadership } = await play.lead(a);
      await play.join(b);
      await play.surveyUntil(a, ({ size }) => size === 2);
      expect(standingOf(a)).toMatchObject({ position: 0, candidates: ["a", "b"] });
      await play.surveyUntil(b, ({ size }) => size === 2);
      expect(standingOf(b)).toMatchObject({ position: 1, candidates: ["a", "b"] });
      const { epoch } = leadership;
      expect(b.events.of("leader-seen").at(-1)).toMatchObject({ epoch, leader: a.info });
    },
  },
  {
    name: "a survey tells nothing without a session, and ends when nobody answers",
    check: async (play) => {
      const [a] = play.replicas("a");
      await play.soon(a.coordinator.survey(never));
      expect(a.events.of("standing")).toEqual([]);
      expect(a.events.of("leader-seen")).toEqual([]);
      await play.open(a);
      a.deafen();
      const stop = new AbortController();
      const survey = a.coordinator.survey(stop.signal);
      await play.sleep(50);
      stop.abort();
      await play.soon(survey);
    },
  },
  {
    name: "who leaves and holds nothing any more leaves at once",
    check: async (play) => {
      const [a, b] = play.replicas("a", "b");
      expect(await play.soon(b.coordinator.leave(never))).toBeUndefined();
      const { session, leadership } = await play.lead(a);
      await leadership.resign(never);
      await session.close(never);
      expect(await play.soon(a.coordinator.leave(never))).toBeUndefined();
    },
  },
  {
    name: "who leaves says what a lost session holds still, and does not wait for those away",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { session, leadership } = await play.lead(a);
      a.cut();
      await aborted(leadership.lost.signal);
      await leadership.resign(AbortSignal.abort());
      await session.close(AbortSignal.abort());
      expect(await play.soon(a.coordinator.leave(never), momentMs)).toBeString();
      expect(await play.soon(a.coordinator.leave(AbortSignal.abort()))).toBeString();
    },
  },
  {
    name: "unanswered requests are counted, and forgotten with their session",
    check: async (play) => {
      const [a] = play.replicas("a");
      const { coordination } = a;
      const session = await play.open(a);
      await play.until(() => coordination.pendingRequests === 0);
      a.deafen();
      const stop = new AbortController();
      const sighting = session.sighting(stop.signal);
      expect(coordination.pendingRequests).toBeGreaterThan(0);
      stop.abort();
      await sighting;
      session.abandon();
      await play.until(() => coordination.pendingRequests === 0, 0);
    },
  },
];
