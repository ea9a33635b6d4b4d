import { Counter, Gauge, Histogram, Registry } from "./prometheus.ts";
import type { Resource } from "../../election/failure.ts";
import {
  type ElectionEvent,
  ignored,
  type Observer,
  react,
  type Reactions,
} from "../../election/ports/observer.ts";
import { stateNames, transitions } from "../../election/transitions.ts";
import type { Present } from "../status/present.ts";
import { readGauge } from "./read-metric.ts";

/** Bounds in seconds: from a fast disk or a near coordinator to one that is about to fail. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const resources: readonly Resource[] = ["coordinator", "duty"];

/**
 * The election's metrics, for Prometheus. A value that depends on the time is computed when it is
 * scraped. Every combination of labels that is known beforehand is there from the start, at 0.
 */
export class ElectionMetrics implements Observer {
  readonly #transitions;
  readonly #attempts;
  readonly #filesWritten;
  readonly #filesPruned;
  readonly #writeSeconds;
  readonly #commands;
  readonly #failoverAttempts;
  readonly #requests;
  readonly #requestSeconds;
  readonly #reactions: Reactions = {
    transition: ({ from, to }) => this.#transitions.inc({ from, to }),
    attempt: ({ outcome }) => this.#attempts.inc({ outcome }),
    request: ({ operation, outcome, durationMs }) => {
      this.#requests.inc({ operation, outcome });
      this.#requestSeconds.observe({ operation }, durationMs / 1000);
    },
    repair: ({ resource, failure }) => {
      const outcome = failure === undefined ? "repaired" : "failed";
      this.#failoverAttempts.inc({ resource, outcome });
    },
    "file-written": ({ durationMs }) => {
      this.#filesWritten.inc();
      this.#writeSeconds.observe(durationMs / 1000);
    },
    "files-pruned": ({ count }) => this.#filesPruned.inc(count),
    command: ({ change }) => this.#commands.inc({ change }),
    // The present picture tells of these at every scrape.
    lease: ignored,
    resting: ignored,
    "leader-seen": ignored,
    "waiting-out": ignored,
    standing: ignored,
    connection: ignored,
    "timeout-granted": ignored,
    // They are for the log alone.
    "command-output": ignored,
    notice: ignored,
  };

  /** @param present must hear every event before this one does */
  constructor(registry: Registry, present: Present) {
    presentGauges(registry, present);
    const registers = [registry];
    this.#transitions = new Counter({
      name: "election_transitions_total",
      help: "Transitions of the state machine, by edge.",
      labelNames: ["from", "to"],
      registers,
    });
    this.#attempts = new Counter({
      name: "election_attempts_total",
      help: "Attempts to become leader, by outcome.",
      labelNames: ["outcome"],
      registers,
    });
    this.#filesWritten = new Counter({
      name: "election_files_written_total",
      help: "Files written by this replica as leader.",
      registers,
    });
    this.#filesPruned = new Counter({
      name: "election_files_pruned_total",
      help: "Old files deleted by this replica as leader.",
      registers,
    });
    this.#commands = new Counter({
      name: "election_commands_total",
      help: "What became of commands under leadership: started, exited, stopped.",
      labelNames: ["change"],
      registers,
    });
    this.#writeSeconds = new Histogram({
      name: "election_file_write_seconds",
      help: "Time to write, flush and rename one file.",
      buckets: secondsBuckets,
      registers,
    });
    this.#failoverAttempts = new Counter({
      name: "election_failover_attempts_total",
      help: "Repair attempts, by resource and outcome: repaired, or failed.",
      labelNames: ["resource", "outcome"],
      registers,
    });
    this.#requests = new Counter({
      name: "election_coordinator_requests_total",
      help: "Requests to the coordinator, by operation and outcome: ok, or the error's code.",
      labelNames: ["operation", "outcome"],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: "election_coordinator_request_seconds",
      help: "Time from the request to the coordinator to its answer, by operation.",
      labelNames: ["operation"],
      buckets: secondsBuckets,
      registers,
    });
    this.#startAtZero();
  }

  observe(event: ElectionEvent): void {
    react(this.#reactions, event);
  }

  #startAtZero(): void {
    for (const from of stateNames) {
      for (const to of transitions[from]) this.#transitions.inc({ from, to }, 0);
    }
    for (const outcome of ["won", "led", "undecided", "failed"]) this.#attempts.inc({ outcome }, 0);
    for (const resource of resources) {
      this.#failoverAttempts.inc({ resource, outcome: "repaired" }, 0);
      this.#failoverAttempts.inc({ resource, outcome: "failed" }, 0);
    }
  }
}

/** The gauges that are read off the present picture at every scrape. */
function presentGauges(registry: Registry, present: Present): void {
  const states = new Gauge({
    name: "election_state",
    help: "1 for the state that the replica is in, 0 for the others.",
    labelNames: ["state"],
    registers: [],
    collect() {
      for (const state of stateNames) this.set({ state }, state === present.state ? 1 : 0);
    },
  });
  registry.registerMetric(states);
  readGauge(
    registry,
    "election_state_seconds",
    "Time in the present state.",
    () => present.stateMs / 1000,
  );
  readGauge(
    registry,
    "election_is_leader",
    "1 while the replica leads with a lease that holds.",
    () => (present.isLeader ? 1 : 0),
  );
  readGauge(
    registry,
    "election_epoch",
    "The epoch that the replica leads, or led last; 0 before. Rounded above 2^53.",
    () => Number(present.lastEpoch ?? 0n),
  );
  readGauge(
    registry,
    "election_lease_remaining_seconds",
    "Time until the lease ends if it is not renewed; 0 without one.",
    () => present.leaseRemainingMs / 1000,
  );
  readGauge(
    registry,
    "election_lease_renewal_age_seconds",
    "Time since the last acknowledged renewal was sent; absent without a lease.",
    () => (present.renewalAgeMs === undefined ? undefined : present.renewalAgeMs / 1000),
  );
}
