import { expect, test } from "bun:test";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import {
  decodeSessionKey,
  encodeSessionKey,
  isSameService,
} from "../../../src/coordination/zookeeper/leadership/session-key.ts";

const password = new Uint8Array(16).fill(7);
const service = { servers: ["a:2181", "b:2181"], basePath: "/x/election" };
const of = '"servers":["a:2181"],"basePath":"/x"';
const hex = "07".repeat(16);

test.each([1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])("session key: %d comes back", (sessionId) => {
  const kept = { key: { sessionId, password, epoch: 5n as Epoch }, service };
  expect(decodeSessionKey(encodeSessionKey(kept))).toEqual(kept);
});

test.each([
  ["no session", `{"sessionId":"0","password":"${hex}",${of}}`],
  ["more than 64 bits", `{"sessionId":"9999999999999999999","password":"${hex}",${of}}`],
  ["a number for a text", `{"sessionId":5,"password":"${hex}",${of}}`],
  ["a short password", `{"sessionId":"5","password":"07",${of}}`],
  ["no service", `{"sessionId":"5","password":"${hex}"}`],
  ["no list of servers", `{"sessionId":"5","password":"${hex}","servers":[1],"basePath":"/x"}`],
  ["no object", "null"],
  ["no JSON", "{"],
])("session key: %s is none", (_, text) => {
  expect(decodeSessionKey(text)).toBeUndefined();
});

test("session key: a service is known by its path and by a server that stayed", () => {
  expect(isSameService(service, { ...service, servers: ["b:2181", "c:2181"] })).toBe(true);
  expect(isSameService(service, { ...service, servers: ["c:2181"] })).toBe(false);
  expect(isSameService(service, { ...service, basePath: "/election" })).toBe(false);
});
