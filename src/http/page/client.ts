import type { Status } from "../../election/status.ts";
import { byId, setText } from "./elements.ts";
import { sections } from "./sections.ts";
import { age, duration } from "./words.ts";

/** The state's age and the lease's bar are redrawn after this time; between, the style smooths. */
const tickMs = 100;
/** A stream that was refused is asked for again after this time. */
const refusedMs = 5_000;

/** When a field arrived, in milliseconds of the page's own clock. */
type Arrivals = Partial<Record<keyof Status, number>>;

/** Follows one replica: keeps the picture that its stream tells, and shows what has changed. */
class Follower {
  #status: Status | undefined;
  #arrivals: Arrivals = {};
  #source: EventSource | undefined;
  #refusedAt: number | undefined;
  #tickedAt = 0;

  start(): void {
    this.#open();
    requestAnimationFrame(this.#frame);
  }

  #open(): void {
    this.#refusedAt = undefined;
    const source = new EventSource("events");
    this.#source = source;
    source.addEventListener("status", (event: MessageEvent<string>) => {
      this.#hear(JSON.parse(event.data) as Partial<Status>, event.timeStamp);
    });
    source.addEventListener("open", () => this.#tellLive("live", "live"));
    source.addEventListener("error", (event) => {
      const isRefused = source.readyState === EventSource.CLOSED;
      if (isRefused) this.#refusedAt = event.timeStamp;
      this.#tellLive("lost", isRefused ? "refused, trying again" : "connection lost, trying again");
    });
  }

  #hear(news: Partial<Status>, at: number): void {
    const before = this.#status;
    // The first event of a stream holds every field, so from then on it is a whole one.
    const status = { ...before, ...news } as Status;
    this.#status = status;
    for (const field of Object.keys(news) as (keyof Status)[]) this.#arrivals[field] = at;
    for (const { fields, show } of sections) {
      if (fields.some((field) => field in news)) show(status);
    }
    this.#announce(before, status);
    this.#tick(at);
  }

  /** Says in one sentence who leads now, for a reader who hears the page. */
  #announce(before: Status | undefined, { state, detail, leader, replica }: Status): void {
    const isSame = before?.state === state && before.leader?.replica === leader?.replica;
    if (isSame) return;
    const other = leader !== null && leader.replica !== replica.replica;
    const leads = other ? ` ${leader.replica} leads.` : "";
    setText("announcement", `${replica.replica} is in state ${state}: ${detail ?? ""}.${leads}`);
  }

  #tellLive(live: "live" | "lost", text: string): void {
    byId("live").dataset["live"] = live;
    document.body.classList.toggle("stale", live === "lost");
    setText("live-text", text);
    if (live === "lost") setText("announcement", text);
  }

  readonly #frame = (now: number): void => {
    requestAnimationFrame(this.#frame);
    if (now - this.#tickedAt < tickMs) return;
    this.#tick(now);
    if (this.#refusedAt !== undefined && now - this.#refusedAt > refusedMs) {
      this.#source?.close();
      this.#open();
    }
  };

  /** Draws the state's age and the lease's bar, as they are at `now`. */
  #tick(now: number): void {
    this.#tickedAt = now;
    const status = this.#status;
    if (status === undefined) return;
    setText("state-age", age(status.stateMs + now - (this.#arrivals.stateMs ?? now)));
    showLease(status, now - (this.#arrivals.lease ?? now));
  }
}

/**
 * Draws the bar of the lease, as it has run down since the replica told of it.
 * @param passedMs how long ago that was
 */
function showLease({ lease, state, leader }: Status, passedMs: number): void {
  const bar = byId("lease-bar");
  bar.hidden = lease === null;
  if (lease === null) {
    const holder =
      state === "Leader" || leader === null ? "none here" : `held by ${leader.replica}`;
    setText("lease-text", holder);
    return;
  }
  const totalMs = lease.remainingMs + lease.renewalAgeMs;
  const leftMs = Math.max(0, lease.remainingMs - passedMs);
  const share = totalMs === 0 ? 0 : leftMs / totalMs;
  byId("lease-fill").style.setProperty("--share", share.toFixed(4));
  const text = `${(leftMs / 1_000).toFixed(1)} of ${duration(totalMs)} left`;
  setText("lease-text", text);
  // Said once a renewal: a value that moves all the time is of no use to a listener.
  const told = `${lease.remainingMs}`;
  if (bar.dataset["told"] === told) return;
  bar.dataset["told"] = told;
  bar.setAttribute("aria-valuenow", share.toFixed(2));
  bar.setAttribute("aria-valuetext", text);
}

new Follower().start();
