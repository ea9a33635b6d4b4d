import { expect, test } from "bun:test";
import { serverError, ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import {
  failureOfEnd,
  failureOfRefusal,
} from "../../../src/coordination/zookeeper/leadership/refusals.ts";

const name = { operation: "multi", path: "/election/leader" };

test("refusals: local sessions name the servers' setting that cures them", () => {
  expect(failureOfRefusal(serverError(-120, name))).toMatchObject({
    resource: "coordinator",
    code: "rejected",
    detail: expect.stringContaining("localSessionsUpgradingEnabled=true"),
  });
});

test.each([-102, -114, -115, -119, -124, -125])("refusals: %d is one, with a cure", (wireCode) => {
  const failure = failureOfRefusal(serverError(wireCode, name));
  expect(failure?.code).toBe("rejected");
  expect(failure?.detail).toContain("/election/leader");
});

test.each([-1, -4, -101, -103, -110, -112, -127, -9999])("refusals: %d is none", (wireCode) => {
  expect(failureOfRefusal(serverError(wireCode, name))).toBeUndefined();
});

test("refusals: an aborted wait is none", () => {
  const error = new ZooKeeperError({ ...name, code: "aborted", outcome: "unknown" });
  expect(failureOfRefusal(error)).toBeUndefined();
});

test("refusals: a session that we closed ourselves is no failure", () => {
  expect(failureOfEnd({ kind: "closed", detail: "closed" })).toBeUndefined();
  expect(failureOfEnd({ kind: "expired", detail: "gone" })?.code).toBe("session-lost");
  expect(failureOfEnd({ kind: "auth-failed", detail: "no" })?.code).toBe("rejected");
});
