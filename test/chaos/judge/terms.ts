/** What all rounds are played with. Times in milliseconds. */

export const ids = ["a", "b", "c"] as const;
export const path = "/chaos";
/** The servers' clock unit. */
export const tickMs = 500;
/** How many ticks a server goes on serving its clients without hearing from the others. */
export const syncLimit = 10;
export const sessionMs = 2_000;
/** Between two files of a leader. */
export const paceMs = 100;
export const capacity = 10;

/** A session that nobody keeps alive ends within this time, since servers look at whole ticks. */
const expiryMs = sessionMs + 2 * tickMs;
/** The servers notice that one of them is gone, and agree on a new leader among them. */
const serverElectionMs = syncLimit * tickMs + 3_000;
/** What processes that share two cores with servers and observers may be late. */
const slackMs = 1_000;

/** How long we wait for what must come, but is nobody's promise to come fast. */
export const calmingLimitMs = 10_000;

/** Bounds of the time without a leader. */
export const bounds = {
  /** Leadership was given up in order. */
  handOver: slackMs,
  /** The session has to run out. */
  expiry: expiryMs + slackMs,
  /** Nobody saw the last renewal, so after the session a whole lease is waited out. */
  blindExpiry: expiryMs + sessionMs + 2 * slackMs,
  /** Clients find the servers again, and then sessions may have to run out. */
  reunion: expiryMs + 2 * slackMs,
  /** The leader takes its disk for hanging, and waits briefly; then its lease is waited out. */
  hangingEffect: 2 * sessionMs + 2 * slackMs,
  /** Servers may have to elect first; they give every session its full time anew. */
  serverElection: serverElectionMs + expiryMs + slackMs,
} as const;
