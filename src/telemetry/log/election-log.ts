import {
  type ElectionEvent,
  type EventOf,
  ignored,
  type Observer,
  react,
  type Reactions,
} from "../../election/ports/observer.ts";
import type { Log } from "./log.ts";

/** Writes a line of the log for every event, except for those that an attempt tells again. */
export class ElectionLog implements Observer {
  readonly #log: Log;
  /** Who led according to the last attempt, so that a change is told once. */
  #leader: string | undefined;
  readonly #reactions: Reactions = {
    transition: (event) => this.#transition(event),
    attempt: (event) => this.#attempt(event),
    // The attempts tell when it changes.
    "leader-seen": ignored,
    "waiting-out": (event) => this.#waitingOut(event),
    lease: (event) => this.#lease(event),
    resting: (event) => this.#resting(event),
    standing: (event) => this.#standing(event),
    connection: (event) => this.#connection(event),
    "timeout-granted": ({ kind, detail, askedMs, grantedMs }) =>
      this.#log.write("warn", kind, detail, { askedMs, grantedMs }),
    request: (event) => this.#request(event),
    repair: (event) => this.#repair(event),
    "file-written": (event) => this.#fileWritten(event),
    "files-pruned": ({ kind, count }) =>
      this.#log.write("debug", kind, "deleted old files", { count }),
    command: (event) => this.#command(event),
    "command-output": ({ kind, line, stream }) => this.#log.write("info", kind, line, { stream }),
    notice: ({ kind, level, detail }) => this.#log.write(level, kind, detail),
  };

  constructor(log: Log) {
    this.#log = log;
  }

  observe(event: ElectionEvent): void {
    react(this.#reactions, event);
  }

  #transition({ from, to, reason, detail, epoch }: EventOf<"transition">): void {
    if (to === "Leader") this.#leader = undefined;
    const level = to === "Failover" ? "warn" : reason === "exhausted" ? "error" : "info";
    this.#log.write(level, "transition", `${from} to ${to}: ${detail}`, {
      from,
      to,
      reason,
      epoch,
    });
  }

  #attempt({ outcome, leader, detail }: EventOf<"attempt">): void {
    const changed = outcome === "led" && leader !== undefined && leader.replica !== this.#leader;
    if (changed) this.#leader = leader.replica;
    const message =
      outcome === "won"
        ? "the attempt to lead succeeded"
        : outcome === "led"
          ? this.#whoLeads(leader?.replica)
          : `the attempt to lead was ${outcome}: ${detail ?? "no answer"}`;
    const level =
      outcome === "undecided" || outcome === "failed" ? "warn" : changed ? "info" : "debug";
    this.#log.write(level, "attempt", message, {
      outcome,
      leader: leader?.replica,
      leaderHost: leader?.host,
    });
  }

  #whoLeads(replica: string | undefined): string {
    if (replica !== this.#log.replica) return `${replica ?? "another replica"} leads`;
    return "an earlier session of this replica id holds leadership, until it runs out";
  }

  #waitingOut({ kind, epoch, waitMs, observed }: EventOf<"waiting-out">): void {
    const message = "waits until the lease of the leader before is surely over";
    this.#log.write("info", kind, message, { epoch, waitMs: Math.round(waitMs), observed });
  }

  #lease({ kind, renewedAt, validUntil }: EventOf<"lease">): void {
    if (!this.#log.writes("trace")) return;
    const leaseMs = Math.round(validUntil - renewedAt);
    this.#log.write("trace", kind, "the lease was renewed", { leaseMs });
  }

  #resting({ kind, change, restMs: exactMs, leader }: EventOf<"resting">): void {
    const restMs = Math.round(exactMs);
    const message = {
      began: `stands aside for ${restMs} ms, as it was asked to`,
      led: `${leader?.replica ?? "another replica"} leads`,
      vacant: `nobody leads, and this replica does not stand for another ${restMs} ms`,
      ended: "stands again",
    }[change];
    if (change === "led") this.#leader = leader?.replica;
    const level = change === "vacant" ? "warn" : "info";
    this.#log.write(level, kind, message, { change, restMs, leader: leader?.replica });
  }

  #standing({ kind, standing }: EventOf<"standing">): void {
    if (standing.kind === "member") {
      this.#log.write("debug", kind, "takes part as a member, in no line");
      return;
    }
    const { position, size } = standing;
    const message = `stands in line at ${position + 1} of ${size}, the leader counted`;
    this.#log.write("debug", kind, message, { position: position + 1, size });
  }

  #connection({ kind, change, detail, facts }: EventOf<"connection">): void {
    const level = change === "suspended" || change === "lost" ? "warn" : "info";
    const told = Object.fromEntries(facts.map(({ name, value }) => [name, value]));
    this.#log.write(level, kind, detail, { change, ...told });
  }

  #request({ kind, operation, outcome, durationMs }: EventOf<"request">): void {
    const level = outcome === "ok" ? "trace" : "debug";
    if (!this.#log.writes(level)) return;
    const fields = { operation, outcome, durationMs: milliseconds(durationMs) };
    this.#log.write(level, kind, `${operation}: ${outcome}`, fields);
  }

  #repair({ kind, resource, attempt, left, failure }: EventOf<"repair">): void {
    const fields = { resource, attempt, left, reason: failure?.code };
    if (failure === undefined) {
      this.#log.write("info", kind, `the ${resource} was repaired`, fields);
    } else {
      this.#log.write("warn", kind, `the ${resource} still fails: ${failure.detail}`, fields);
    }
  }

  #command({ kind, change, epoch, status, detail }: EventOf<"command">): void {
    const level = change === "exited" && status !== 0 ? "warn" : "info";
    this.#log.write(level, kind, `the command ${detail}`, { change, epoch, status });
  }

  #fileWritten({ kind, file, epoch, durationMs }: EventOf<"file-written">): void {
    const fields = { file, epoch, durationMs: milliseconds(durationMs) };
    this.#log.write("info", kind, `wrote ${file}`, fields);
  }
}

/** Milliseconds with three decimals at most. */
function milliseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
