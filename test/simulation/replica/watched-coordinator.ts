import type { Coordinator, Leadership, Session } from "../../../src/election/ports/coordinator.ts";

/** Hears what a replica is handed by its coordinator, and gives back. */
export interface CoordinatorWatch {
  /** Before a session is asked for. */
  asks(): void;
  opened(session: bigint): void;
  won(leadership: Leadership, session: string): void;
  /** After a look at who leads was answered. */
  answers(): void;
  /** Before the leadership is given up in order. */
  resigns(): void;
  /** Before the session, and a leadership with it, is given up. */
  abandons(): void;
}

/** The coordinator as it is, but everything that it hands out is seen. */
export function watchedCoordinator(coordinator: Coordinator, watch: CoordinatorWatch): Coordinator {
  return {
    open: async (signal) => {
      watch.asks();
      const opening = await coordinator.open(signal);
      if (opening.kind === "opened") watchSession(opening.session, watch);
      return opening;
    },
    survey: (signal) => coordinator.survey(signal),
    leave: (limit) => coordinator.leave(limit),
  };
}

function watchSession(session: Session, watch: CoordinatorWatch): void {
  watch.opened(BigInt(session.id));
  const close = session.close.bind(session);
  session.close = async (limit) => {
    watch.abandons();
    return await close(limit);
  };
  const abandon = session.abandon.bind(session);
  session.abandon = () => {
    watch.abandons();
    abandon();
  };
  const sighting = session.sighting.bind(session);
  session.sighting = async (signal) => {
    const seen = await sighting(signal);
    if (seen.kind !== "unknown") watch.answers();
    return seen;
  };
  const attempt = session.attempt.bind(session);
  session.attempt = async (call, signal) => {
    const outcome = await attempt(call, signal);
    if (outcome.kind === "won") watchLeadership(outcome.leadership, session.id, watch);
    return outcome;
  };
}

function watchLeadership(leadership: Leadership, session: string, watch: CoordinatorWatch): void {
  watch.won(leadership, session);
  const resign = leadership.resign.bind(leadership);
  leadership.resign = async (signal) => {
    watch.resigns();
    return await resign(signal);
  };
}
