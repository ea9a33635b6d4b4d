import type { ElectionEvent, Fact } from "../../../election/ports/observer.ts";
import type { ClientEvent } from "../../../zookeeper/client-event.ts";
import { formatSessionId } from "../../../zookeeper/session-id.ts";
import type { Trouble } from "../../../zookeeper/visit.ts";

/** At most this many different troubles are remembered. */
const rememberedTroubles = 100;

/**
 * Translates what clients tell. Why a server cannot be used is a warning when it is new since the
 * last connection, and a detail for debugging when it is said again: it may be said every second.
 */
export class ClientObservation {
  readonly #troubles = new Set<string>();
  #lastTrouble: Trouble | undefined;

  /** Why there is no connection: what the last address that was tried in vain had. */
  get whyNoServer(): string {
    return whyNoServer(this.#lastTrouble);
  }

  /** In the words of the election; undefined when it is no news. */
  electionEventOf(event: ClientEvent): ElectionEvent | undefined {
    if (event.kind === "attempt-failed") return this.#noticeOf(event);
    if (event.kind === "connected" || event.kind === "resumed") this.#troubles.clear();
    return translated(event);
  }

  #noticeOf({ server, detail: why }: Trouble): ElectionEvent {
    this.#lastTrouble = { server, detail: why };
    const detail = `no connection to ${server}: ${why}`;
    const level = this.#troubles.has(detail) ? "debug" : "warn";
    if (this.#troubles.size >= rememberedTroubles) this.#troubles.clear();
    this.#troubles.add(detail);
    return { kind: "notice", level, detail };
  }
}

/** For people: why there is no connection, after the trouble that was met last. */
export function whyNoServer(lastTrouble: Trouble | undefined): string {
  if (lastTrouble === undefined) return "no server answered";
  return `no server answered; the last one tried, ${lastTrouble.server}: ${lastTrouble.detail}`;
}

/** The events that mean the same whatever came before them. */
type Translatable = Exclude<ClientEvent, { readonly kind: "attempt-failed" }>;
type Translations = {
  readonly [Kind in Translatable["kind"]]: (
    event: Extract<Translatable, { readonly kind: Kind }>,
  ) => ElectionEvent | undefined;
};

const translations: Translations = {
  "round-failed": () => ({
    kind: "notice",
    level: "debug",
    detail: "every server was tried in vain",
  }),
  "timeout-granted": ({ requestedMs, grantedMs }) =>
    requestedMs === grantedMs ? undefined : timeoutGranted(requestedMs, grantedMs),
  connected: ({ server, sessionId }) => ({
    kind: "connection",
    change: "connected",
    detail: `session ${formatSessionId(sessionId)} begins`,
    facts: factsOf(server),
  }),
  resumed: ({ server, suspendedMs }) => ({
    kind: "connection",
    change: "resumed",
    detail: `the session goes on after ${Math.round(suspendedMs)} ms`,
    facts: factsOf(server),
  }),
  suspended: ({ server, detail }) => ({
    kind: "connection",
    change: "suspended",
    detail,
    facts: factsOf(server),
  }),
  // A session that we close ourselves is no news: the caller of the close says why.
  ended: ({ end: { kind, detail } }) =>
    kind === "closed"
      ? undefined
      : { kind: "connection", change: "lost", detail: `${kind}: ${detail}`, facts: [] },
  request: ({ kind, operation, outcome, durationMs }) => ({ kind, operation, outcome, durationMs }),
};

function translated<Kind extends Translatable["kind"]>(
  event: Extract<Translatable, { readonly kind: Kind }>,
): ElectionEvent | undefined {
  const { kind }: { readonly kind: Kind } = event;
  return translations[kind](event);
}

/** What is to be said of the connection besides: its server. */
function factsOf(server: string): readonly Fact[] {
  return [{ name: "server", value: server }];
}

function timeoutGranted(askedMs: number, grantedMs: number): ElectionEvent {
  const detail = `a session timeout of ${grantedMs} ms was granted instead of ${askedMs} ms`;
  const value = `session ${exactly(grantedMs)}, ${exactly(askedMs)} asked`;
  const facts = [{ name: "session-timeout", value }];
  return { kind: "timeout-granted", askedMs, grantedMs, detail, facts };
}

/** A time for people, rounded by nothing. */
function exactly(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
