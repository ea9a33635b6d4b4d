import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import type { Mandate } from "../../src/election/ports/duty.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import { aborted } from "../../src/base/scope.ts";
import { epochOf } from "./election.ts";

/** A mandate that may act and never ends, except for what a test says otherwise. */
export function fakeMandate(overrides: Partial<Mandate> = {}): Mandate {
  return {
    epoch: epochOf(7),
    timing: leaseTimingOf(10_000),
    mayAct: () => true,
    validUntil: () => Number.MAX_SAFE_INTEGER as Instant,
    renewal: aborted,
    endReason: () => undefined,
    worked: () => undefined,
    hangs: () => undefined,
    ...overrides,
  };
}
