import { requestLimitMs } from "../lease-timing.ts";
import { resolvesBefore, within } from "../../../base/deadline.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { Scope } from "../../../base/scope.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { SessionKey } from "../leadership/session-key.ts";
import { type Release, type ReleaseOptions, releaseSession } from "./session-release.ts";

/** More than a few never come about: by the time of the next leadership most have run out. */
const mostSessions = 8;

/** A session of this process that is over here, and may live on at the servers. */
interface UnclosedSession {
  readonly key: SessionKey;
  isBeingTried: boolean;
}

/**
 * The sessions of this process that have led and could not be closed, because no server answered.
 *
 * The servers keep them, and their leader nodes with them: when all servers were away, for a whole
 * session timeout after their return. So each is tried at once, for as long as a session timeout,
 * and again whenever the next session is opened, until a server has said what became of it.
 */
export class UnclosedSessions {
  readonly #options: ReleaseOptions;
  readonly #observer: Observer;
  /** The oldest first. */
  readonly #sessions = new Set<UnclosedSession>();
  readonly #tries = new Set<Promise<void>>();
  readonly #leaving = new Scope();

  constructor(options: ReleaseOptions, observer: Observer) {
    this.#options = options;
    this.#observer = observer;
  }

  /**
   * Takes a session over, and tries it at once. Of too many the oldest one is given up.
   * @param key with an epoch only where no effect of it runs any more; without one the session is
   *   closed, and nothing is released
   */
  add(key: SessionKey): void {
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= mostSessions) this.#sessions.delete(oldest);
    const session = { key, isBeingTried: false };
    this.#sessions.add(session);
    this.#try(session);
  }

  /** Tries those of which no try is under way. */
  tryAgain(): void {
    for (const session of this.#sessions) this.#try(session);
  }

  /** Waits for the tries that are under way, until `limit` aborts at the latest. */
  async tried(limit: AbortSignal): Promise<void> {
    await resolvesBefore(Promise.all(this.#tries), limit);
  }

  /** Ends every try, for good. Resolves with what is left; undefined when nothing is. */
  async leave(): Promise<string | undefined> {
    this.#leaving.abort();
    await Promise.all(this.#tries);
    const [first] = this.#sessions;
    if (first === undefined) return undefined;
    const { epoch } = first.key;
    const what = epoch === undefined ? "a session that has led" : `the session of epoch ${epoch}`;
    return `${what} was not closed: it runs out by itself`;
  }

  #try(session: UnclosedSession): void {
    if (session.isBeingTried || this.#leaving.signal.aborted) return;
    session.isBeingTried = true;
    const attempt = this.#release(session).finally(() => {
      session.isBeingTried = false;
      this.#tries.delete(attempt);
    });
    this.#tries.add(attempt);
  }

  async #release(session: UnclosedSession): Promise<void> {
    const { scheduler, sessionTimeoutMs } = this.#options;
    const limitMs = requestLimitMs(sessionTimeoutMs);
    const release = await within(scheduler, limitMs, [this.#leaving.signal], (limit) =>
      releaseSession(this.#options, session.key, limit),
    );
    if (release.kind === "failed") return;
    this.#sessions.delete(session);
    this.#observer.observe({
      kind: "notice",
      level: "info",
      detail: described(release, session.key),
    });
  }
}

function described(
  release: Exclude<Release, { readonly kind: "failed" }>,
  { epoch }: SessionKey,
): string {
  switch (release.kind) {
    case "released":
      return `gave up epoch ${release.epoch}, which a lost session of ours still held`;
    case "closed":
      if (epoch === undefined) return "closed a lost session of ours, which had not resigned";
      return `closed a lost session of ours, and released nothing: ${release.detail}`;
    case "gone":
      return "a lost session of ours that has led has run out";
    default:
      return unreachable(release);
  }
}
