import { expect, test } from "bun:test";
import { loadConfig } from "../../../src/options/load.ts";
import { expectedFailover } from "../../../src/coordination/zookeeper/expected-failover.ts";
import { surroundings } from "../../options/environment.fixture.ts";

const sessionTimeoutMs = 10_000;
const stoppingMs = 2_000 + 500;

function handOverMs(flags: readonly (readonly [string, string])[], command?: readonly string[]) {
  const loading = loadConfig(new Map([["zk-servers", "a"], ...flags]), surroundings());
  if (loading.kind === "invalid") throw new Error(loading.problems.join("; "));
  const { config } = loading;
  const bounds = expectedFailover({ config, command }, sessionTimeoutMs);
  return bounds.find(({ kind }) => kind === "hand-over")?.ms;
}

const elected = ["on-elected", "echo"] as const;
const lost = ["on-lost", "echo"] as const;

test("service: a hand-over waits for whatever has to be stopped, hooks included", () => {
  expect(handOverMs([])).toBe(0);
  expect(handOverMs([], ["work"])).toBe(stoppingMs);
  expect(handOverMs([elected])).toBe(stoppingMs);
  // One that heeds no signal is stopped as a command is, after its own time.
  expect(handOverMs([lost])).toBe(3_000 + stoppingMs);
});

test("service: a stop bounds what has to be stopped", () => {
  expect(handOverMs([elected, lost, ["hook-timeout", "7s"]], ["work"])).toBe(8_000);
});
