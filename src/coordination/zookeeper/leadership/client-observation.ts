import type { ElectionEvent, Fact } from "../../../election/ports/observer.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { ClientEvent } from "../../../zookeeper/client-event.ts";

/** So many different troubles are remembered at most. */
const rememberedTroubles = 100;

/**
 * Translates what clients tell. Why a server cannot be used is a warning when it is new since the
 * last connection, and a detail for debugging when it is said again: it may be said every second.
 */
export class ClientObservation {
  readonly #troubles = new Set<string>();
  #lastTrouble: string | undefined;

  /** Why there is no connection: what the last address that was tried in vain had. */
  get whyNoServer(): string {
    if (this.#lastTrouble === undefined) return "no server answered";
    return `no server answered; the last one tried, ${this.#lastTrouble}`;
  }

  /** In the words of the election; undefined when it is no news. */
  electionEventOf(event: ClientEvent): ElectionEvent | undefined {
    if (event.kind === "connected" || event.kind === "resumed") this.#troubles.clear();
    if (event.kind !== "attempt-failed") return electionEventOf(event);
    this.#lastTrouble = `${event.server}: ${event.detail}`;
    const detail = `no connection to ${this.#lastTrouble}`;
    const level = this.#troubles.has(detail) ? "debug" : "warn";
    if (this.#troubles.size >= rememberedTroubles) this.#troubles.clear();
    this.#troubles.add(detail);
    return { kind: "notice", level, detail };
  }
}

function electionEventOf(
  event: Exclude<ClientEvent, { readonly kind: "attempt-failed" }>,
): ElectionEvent | undefined {
  switch (event.kind) {
    case "round-failed":
      return { kind: "notice", level: "debug", detail: "every server was tried in vain" };
    case "timeout-granted":
      if (event.requestedMs === event.grantedMs) return undefined;
      return timeoutGranted(event.requestedMs, event.grantedMs);
    case "connected": {
      const detail = `session 0x${BigInt.asUintN(64, event.sessionId).toString(16)} begins`;
      return { kind: "connection", change: "connected", detail, facts: factsOf(event.server) };
    }
    case "resumed": {
      const detail = `the session goes on after ${Math.round(event.suspendedMs)} ms`;
      return { kind: "connection", change: "resumed", detail, facts: factsOf(event.server) };
    }
    case "suspended": {
      const { server, detail } = event;
      return { kind: "connection", change: "suspended", detail, facts: factsOf(server) };
    }
    case "ended": {
      // Our own doing: whoever did it says why.
      if (event.end.kind === "closed") return undefined;
      const detail = `${event.end.kind}: ${event.end.detail}`;
      return { kind: "connection", change: "lost", detail, facts: [] };
    }
    case "request": {
      const { operation, outcome, durationMs } = event;
      return { kind: "request", operation, outcome, durationMs };
    }
    default:
      return unreachable(event);
  }
}

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
