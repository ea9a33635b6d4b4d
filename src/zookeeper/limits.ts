/** The bounds of what a client keeps in memory. */
export interface ClientLimits {
  /** Requests without an answer, queued and sent together. */
  readonly requests: number;
  /** The bytes of their bodies. */
  readonly requestBytes: number;
  /**
   * The largest request: `jute.maxbuffer` of the servers, which break the connection over a larger
   * one instead of answering. Source: NIOServerCnxn.java:559-570.
   */
  readonly sentFrameBytes: number;
  /** The largest answer. A list of very many children exceeds the servers' own limit rightly. */
  readonly receivedFrameBytes: number;
  /** Watches, one-shot and persistent together. */
  readonly watches: number;
  /** Undelivered events per persistent watch. */
  readonly bufferedEvents: number;
}

/** The bounds of a client that was given no others. */
export const defaultLimits: ClientLimits = {
  requests: 1_000,
  requestBytes: 16 * 1024 * 1024,
  sentFrameBytes: 1_048_575,
  receivedFrameBytes: 8 * 1024 * 1024,
  watches: 10_000,
  bufferedEvents: 1_000,
};

/**
 * Until a session timeout is granted, nothing is given up sooner than that: what is asked for may
 * be far less than what is granted. In milliseconds.
 */
export const leastPatienceMs = 1_000;
