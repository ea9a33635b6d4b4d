import { expect, test } from "bun:test";
import {
  ConnectionStringError,
  formatServer,
  parseConnectionString,
} from "../../src/zookeeper/connection-string.ts";
import { digestId } from "../../src/zookeeper/credentials.ts";
import { HostRotation } from "../../src/zookeeper/session/hosts.ts";
import { absolutePath, pathProblem, relativePath } from "../../src/zookeeper/path.ts";
import { rearmRequests } from "../../src/zookeeper/session/rearm.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

test.each([
  ["a:1,b:2/x/y", ["a:1", "b:2"], "/x/y"],
  ["a", ["a:2181"], ""],
  ["a:1/", ["a:1"], ""],
  ["a:1/app:2", ["a:1"], "/app:2"],
  ["a:1/app;", ["a:1"], "/app;"],
  ["a:1/app/v:2", ["a:1"], "/app/v:2"],
  ["a:1/app-x_y@z", ["a:1"], "/app-x_y@z"],
  [" a:1 , b ", ["a:1", "b:2181"], ""],
  ["[::1]:7,[fe80::1],::2", ["[::1]:7", "[fe80::1]:2181", "[::2]:2181"], ""],
  ["zk-1.example.com:2181,10.0.0.1:2182", ["zk-1.example.com:2181", "10.0.0.1:2182"], ""],
])("connection string: %p is understood", (text, servers, chroot) => {
  const parsed = parseConnectionString(text);
  expect(parsed.servers.map(formatServer)).toEqual(servers);
  expect(parsed.chroot).toBe(chroot);
});

test.each([
  ["", "names no server"],
  ["/only/a/path", "names no server"],
  ["a:1,,b:2", "between two commas"],
  ["a:1,", "between two commas"],
  ["a:", 'the port ""'],
  ["a:x", 'the port "x"'],
  ["a:0", "not between 1 and 65535"],
  ["a:65536", "not between 1 and 65535"],
  ["a:1:2", "several colons"],
  ["fe80::1::2", "several colons"],
  ["[::1", "several colons"],
  ["[a]:1", "only an IPv6 address"],
  ["256.1.1.1:1", "neither a host name nor an IP address"],
  ["a b:1", "neither a host name nor an IP address"],
  ["a:1/x/", "ends with"],
  ["a:1//x", "empty element"],
  ["http://a:1", 'the port ""'],
  ["a:2181/app,b:2181/app", 'right: "a:2181,b:2181/app"'],
  ["b:2181/app,a:2181/app", 'right: "b:2181,a:2181/app"'],
  ["a/app,b/app,c/app", 'right: "a,b,c/app"'],
  ["a:1/app,b:1", 'right: "a:1,b:1/app"'],
  ["a:1,b:1/app,c:1", 'right: "a:1,b:1,c:1/app"'],
  ["a:1/app , b:1/app", 'right: "a:1,b:1/app"'],
  ["[::1]:1/app,[::2]:1/app", 'right: "[::1]:1,[::2]:1/app"'],
  ["a:1/app;b:1/app", 'right: "a:1,b:1/app"'],
  ["a:1/app b:1/app", 'right: "a:1,b:1/app"'],
  ["a:1/one,b:1/two", 'right: "host:2181,host:2181/path"'],
  ["a:1/app,", 'right: "a:1/app"'],
  ["a:1/,b:1/", 'right: "a:1,b:1/"'],
  ["a:1/a,b", "behind a path"],
  ["a:2181/app;127.0.0.1/app", 'right: "a:2181,127.0.0.1/app"'],
  ["a/app;b/app", 'right: "a,b/app"'],
  ["a/app|b/app", 'right: "a,b/app"'],
  ["a:2181/app b", 'right: "a:2181,b/app"'],
  ["a:2181/x;b", 'right: "a:2181,b/x"'],
  ["a:2181/app，b:2181/app", 'right: "a:2181,b:2181/app"'],
  ["a:2181/app/b:2181/app", 'right: "a:2181,b:2181/app"'],
  ["a:2181/b:2181/app", 'right: "a:2181,b:2181/app"'],
  ["a:2181/app/,b", 'right: "a:2181,b/app"'],
  ["a:1/x//y,b", 'right: "host:2181,host:2181/path"'],
  [`a:1/${"x".repeat(90)},b`, 'right: "host:2181,host:2181/path"'],
])("connection string: %p is refused, and the message says why (K)", (text, message) => {
  expect(() => parseConnectionString(text)).toThrow(ConnectionStringError);
  expect(() => parseConnectionString(text)).toThrow(message);
  const cure = /behind the last; right: "(.*)"$/u.exec(
    thrownBy(() => parseConnectionString(text)).message,
  )?.[1];
  if (cure !== undefined) expect(() => parseConnectionString(cure)).not.toThrow();
});

test("connection string: what is far too long is refused, and errors show only its beginning", () => {
  const long = "a,".repeat(500_000);
  expect(() => parseConnectionString(long)).toThrow("1000000 characters; right: at most 16384");
  for (const text of ["x".repeat(9_000), `a:${"1".repeat(9_000)}`, `${"a:".repeat(4_000)}b`]) {
    const thrown = thrownBy(() => parseConnectionString(text));
    expect(thrown.name).toBe("ConnectionStringError");
    expect(thrown.message.length).toBeLessThan(300);
  }
});

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

test.each(["/", "/a", "/a/b", "/ä/日本", "/a.b/..c", "/a b"])("path: %p is well", (path) => {
  expect(pathProblem(path)).toBeUndefined();
});

test.each([
  ["", "does not start"],
  ["a", "does not start"],
  ["/a/", "ends with"],
  ["/a//b", "empty element"],
  ["/a/./b", 'element "."'],
  ["/..", 'element ".."'],
  ["/a\u0000", "U+0000"],
  ["/a\u001f", "U+001f"],
  ["/a\u007f", "U+007f"],
  ["/\u{1f600}", "U+d83d"],
  ["/a\uffff", "U+ffff"],
])("path: %p is refused", (path, message) => {
  expect(pathProblem(path)).toContain(message);
});

test("chroot: paths are translated there and back", () => {
  for (const [client, full] of [
    ["/", "/c/d"],
    ["/a", "/c/d/a"],
  ] as const) {
    expect(absolutePath("/c/d", client)).toBe(full);
    expect(relativePath("/c/d", full)).toBe(client);
  }
  expect(absolutePath("", "/a")).toBe("/a");
  expect(relativePath("", "/a")).toBe("/a");
  expect(relativePath("/c", "/cat")).toBe("/cat");
  expect(relativePath("/c", "/zookeeper/config")).toBe("/zookeeper/config");
});

const three = ["a", "b", "c"].map((host) => ({ host, port: 1 }));

test("hosts: a round visits every server once, in an order that depends on the dice", () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const rotation = new HostRotation(three, new FakeScheduler(seed * 77_777_777));
    const round = [rotation.next(), rotation.next(), rotation.next()].map(({ host }) => host);
    expect(new Set(round).size).toBe(3);
    expect(rotation.next().host).toBe(round[0] ?? "");
    orders.add(round.join(""));
  }
  expect(orders.size).toBe(6);
});

test("hosts: back-off starts after a whole round, grows with jitter, and has a bound", () => {
  const rotation = new HostRotation(three, new FakeScheduler(7));
  const delays: number[] = [];
  for (let attempt = 0; attempt < 60; attempt += 1) {
    delays.push(rotation.backOffMs(10_000));
    rotation.failed();
  }
  expect(delays.filter((_, index) => index % 3 !== 0 || index === 0).every((ms) => ms === 0)).toBe(
    true,
  );
  const rounds = delays.filter((ms) => ms > 0);
  rounds.forEach((ms, round) => {
    const full = Math.min(1000, 50 * 2 ** round);
    expect(ms).toBeGreaterThanOrEqual(full / 2);
    expect(ms).toBeLessThanOrEqual(full);
  });
  rotation.lasted();
  expect(rotation.backOffMs(10_000)).toBe(0);
});

test("hosts: a short session is never backed off past a tenth of it", () => {
  const rotation = new HostRotation(three.slice(0, 1), new FakeScheduler());
  for (let attempt = 0; attempt < 30; attempt += 1) rotation.failed();
  expect(rotation.backOffMs(1_000)).toBeLessThanOrEqual(100);
});

test("hosts: one attempt leaves time for the others, and gets longer with each round", () => {
  const rotation = new HostRotation(three, new FakeScheduler());
  expect(rotation.attemptLimitMs(9_000)).toBe(1_000);
  for (let attempt = 0; attempt < 3; attempt += 1) rotation.failed();
  expect(rotation.attemptLimitMs(9_000)).toBe(2_000);
  for (let attempt = 0; attempt < 300; attempt += 1) rotation.failed();
  expect(rotation.attemptLimitMs(9_000)).toBe(6_000);
});

test("rearm: watches are armed again in batches, each path exactly once", () => {
  const data = Array.from({ length: 10_000 }, (_, index) => `/${"x".repeat(40)}/${index}`);
  const paths = { data, exist: ["/e"], child: ["/c"], persistent: [], recursive: ["/r"] };
  const requests = rearmRequests(1n, paths);
  expect(requests.length).toBe(4);
  for (const { body } of requests) expect(body.length).toBeLessThan(140 * 1024);
  expect(requests.map(({ opcode }) => opcode)).toEqual([101, 101, 101, 105]);
  expect(rearmRequests(1n, { ...paths, data: [], exist: [], child: [], recursive: [] })).toEqual(
    [],
  );
});

test("credentials: the id of a digest is the one that servers compute", () => {
  // Source: the example of the programmer's guide, super:test of DigestAuthenticationProvider.
  expect(digestId("super", "test")).toBe("super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
});
