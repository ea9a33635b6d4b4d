import { expect, test } from "bun:test";
import type { Epoch } from "../../src/election/coordinator.ts";
import { decodeSessionKey, encodeSessionKey } from "../../src/zookeeper/session-key.ts";

const password = new Uint8Array(16).fill(7);
const hex = "07".repeat(16);

test.each([1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])("session key: %d comes back", (sessionId) => {
  const key = { sessionId, password, epoch: 5n as Epoch };
  expect(decodeSessionKey(encodeSessionKey(key))).toEqual(key);
});

test.each([
  ["no session", `{"sessionId":"0","password":"${hex}"}`],
  ["more than 64 bits", `{"sessionId":"9999999999999999999","password":"${hex}"}`],
  ["a number for a text", `{"sessionId":5,"password":"${hex}"}`],
  ["a short password", '{"sessionId":"5","password":"07"}'],
  ["no object", "null"],
  ["no JSON", "{"],
])("session key: %s is none", (_, text) => {
  expect(decodeSessionKey(text)).toBeUndefined();
});
