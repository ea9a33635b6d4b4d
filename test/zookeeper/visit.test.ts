import { expect, test } from "bun:test";
import type { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { visit, type VisitOptions } from "../../src/zookeeper/visit.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { FakeTransport } from "../fake/zookeeper-transport.ts";
import { forever, timeoutMs } from "./stage.fixture.ts";

const host = "10.0.0.1";

function options(transport: FakeTransport, more: Partial<VisitOptions> = {}): VisitOptions {
  const scheduler = new FakeScheduler();
  const servers = [{ host, port: 2181 }];
  return { servers, transport, scheduler, sessionTimeoutMs: timeoutMs, triesOnce: true, ...more };
}

const stateOf = (client: ZooKeeperClient) => Promise.resolve(client.state);
const never = () => Promise.reject(new Error("this is not reached"));

test("visit: what the work gives is given, and nothing is left", async () => {
  const transport = new FakeTransport();
  const scheduler = new FakeScheduler();
  const visiting = visit(options(transport, { scheduler }), forever, stateOf);
  const peer = await transport.accepted();
  await peer.handshake();
  expect(await visiting).toEqual({ kind: "done", result: "connected" });
  expect(peer.closedByClient).toBe(true);
  await settle();
  expect(scheduler.sleeping).toBe(0);
});

test("visit: work that rejects is told, and nothing is left", async () => {
  const transport = new FakeTransport();
  const visiting = visit(options(transport), forever, () => Promise.reject(new Error("no")));
  const peer = await transport.accepted();
  await peer.handshake();
  expect(await visiting.catch(String)).toBe("Error: no");
  expect(peer.closedByClient).toBe(true);
});

test("visit: when every server was tried in vain, that is the answer, with the last trouble", async () => {
  const transport = new FakeTransport();
  transport.reachability.set(host, "refuses");
  const trouble = { server: "10.0.0.1:2181", detail: "connection refused" };
  expect(await visit(options(transport), forever, never)).toEqual({
    kind: "unconnected",
    end: undefined,
    trouble,
  });
});

test("visit: one that tries for longer ends with its signal", async () => {
  const transport = new FakeTransport();
  transport.reachability.set(host, "refuses");
  const limit = new AbortController();
  const scheduler = new FakeScheduler();
  const patient = options(transport, { scheduler, triesOnce: false });
  const visiting = visit(patient, limit.signal, never);
  await scheduler.advance(timeoutMs);
  expect(transport.attempts.length).toBeGreaterThan(2);
  limit.abort();
  expect((await visiting).kind).toBe("unconnected");
  await settle();
  expect(scheduler.sleeping).toBe(0);
});
