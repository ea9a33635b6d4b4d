import type { Resource } from "../../../src/election/failure.ts";
import type { ElectionEvent } from "../../../src/election/ports/observer.ts";
import type { SimulatedDirectory } from "../world/simulated-directory.ts";
import type { Invariant } from "./referee.ts";

/** One life of a replica, as far as it repairs what fails. */
interface Repairer {
  readonly directory: SimulatedDirectory;
  /** How many attempts it was given at least, and at most: that may change while it runs. */
  least: number;
  most: number;
  /** Attempts since the resource has worked. */
  readonly spent: Map<Resource, number>;
  /** What has happened since the last attempt, or since it began to repair. */
  asked: boolean;
  held: boolean;
  ailed: boolean;
  ailments: number;
  /** It stands aside, as a step-down asked for. */
  rests: boolean;
}

/**
 * Watches over repairs: an attempt is spent on what really failed, as often as it is allowed, and
 * nobody gives up while coordinator and disk are well.
 */
export class RepairReferee {
  readonly #blame: (invariant: Invariant, detail: string) => void;
  readonly #isCalm: () => boolean;
  readonly #repairers = new Map<string, Repairer>();

  /** @param isCalm whether the faults are over for so long that nothing can fail any more */
  constructor(blame: (invariant: Invariant, detail: string) => void, isCalm: () => boolean) {
    this.#blame = blame;
    this.#isCalm = isCalm;
  }

  /** How many attempts a replica has from now on. */
  configured(replica: string, attempts: number, directory: SimulatedDirectory): void {
    const known = this.#repairers.get(replica);
    if (known !== undefined) {
      known.least = Math.min(known.least, attempts);
      known.most = Math.max(known.most, attempts);
      return;
    }
    this.#repairers.set(replica, {
      directory,
      least: attempts,
      most: attempts,
      spent: new Map(),
      asked: false,
      held: false,
      ailed: directory.isAiling,
      ailments: directory.ailments,
      rests: false,
    });
  }

  /** It asks the coordinator for a session. */
  asks(replica: string): void {
    const repairer = this.#repairers.get(replica);
    if (repairer !== undefined) repairer.asked = true;
  }

  /** It does not run for a while, so what it waits for may come too late. */
  holds(replica: string): void {
    const repairer = this.#repairers.get(replica);
    if (repairer !== undefined) repairer.held = true;
  }

  /** The coordinator has answered a look: for who rests that is all the work that there is. */
  answers(replica: string): void {
    const repairer = this.#repairers.get(replica);
    if (repairer?.rests === true) repairer.spent.delete("coordinator");
  }

  observed(replica: string, event: ElectionEvent): void {
    const repairer = this.#repairers.get(replica);
    if (repairer === undefined) return;
    if (event.kind === "attempt" && (event.outcome === "won" || event.outcome === "led")) {
      repairer.spent.delete("coordinator");
    }
    if (event.kind === "file-written" || hasWorked(event)) repairer.spent.delete("duty");
    if (event.kind === "resting") repairer.rests = event.change !== "ended";
    if (event.kind === "repair") this.#repairs(replica, repairer, event);
    if (event.kind === "transition") this.#moves(replica, repairer, event.reason);
  }

  #repairs(
    replica: string,
    repairer: Repairer,
    { resource, attempt, failure }: Extract<ElectionEvent, { readonly kind: "repair" }>,
  ): void {
    // Attempt 0: a late effect has worked, and gave the attempt back while it was being made.
    const spent = (repairer.spent.get(resource) ?? 0) + (attempt > 0 ? 1 : 0);
    if (attempt > 0) repairer.spent.set(resource, spent);
    if (spent > repairer.most) {
      this.#blame("gave-up", `${replica} ${resource}: repair ${spent} of ${repairer.most}`);
    }
    // What fences a replica is there until somebody moves it away.
    const isFenced = failure?.code === "fenced";
    if (failure !== undefined && !isFenced && !mayFail(repairer, resource)) {
      const what = resource === "duty" ? "its disk is well" : "it was not asked";
      this.#blame("gave-up", `${replica} spends an attempt on the ${resource}, though ${what}`);
    }
    this.#begin(repairer);
  }

  /** A replica gives up because repair is hopeless: it must have tried often enough. */
  #moves(replica: string, repairer: Repairer, reason: string): void {
    repairer.rests = false;
    this.#begin(repairer);
    if (reason !== "exhausted") return;
    const { spent, least } = repairer;
    if (![...spent.values()].some((count) => count >= least)) {
      this.#blame("gave-up", `${replica} after ${[...spent.values()].join(" and ")} of ${least}`);
    }
    if (this.#isCalm()) this.#blame("gave-up", `${replica} though coordinator and disk are well`);
  }

  #begin(repairer: Repairer): void {
    repairer.asked = false;
    repairer.held = false;
    repairer.ailed = repairer.directory.isAiling;
    repairer.ailments = repairer.directory.ailments;
  }
}

function mayFail({ asked, held, ailed, ailments, directory }: Repairer, resource: Resource) {
  if (resource === "coordinator") return asked;
  return held || ailed || directory.isAiling || directory.ailments !== ailments;
}

/** Whether a command ended as it should. One that the end of the lease cuts short proves nothing. */
function hasWorked(event: ElectionEvent): boolean {
  if (event.kind !== "command") return false;
  if (event.change === "stopped") return !event.detail.includes("lease");
  return event.change === "exited";
}
