import type { Providers } from "../../src/http/providers.ts";

/** What a replica tells that waits and knows of no leader, except for what a test says otherwise. */
export function fakeProviders(overrides: Partial<Providers> = {}): Providers {
  return {
    state: () => "Attempter",
    isLeader: () => false,
    epoch: () => undefined,
    leader: () => undefined,
    status: () => ({}),
    listen: () => ({ [Symbol.dispose]: () => undefined }),
    look: () => Promise.resolve(),
    metrics: () => Promise.resolve(""),
    metricsType: "text/plain",
    changes: { stepDown: () => ({ kind: "invalid", expected: "nothing" }) },
    ...overrides,
  };
}

/** The same of one that leads with epoch 7. */
export function leadersProviders(overrides: Partial<Providers> = {}): Providers {
  return fakeProviders({
    state: () => "Leader",
    isLeader: () => true,
    epoch: () => 7n,
    ...overrides,
  });
}
