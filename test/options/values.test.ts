import { expect, test } from "bun:test";
import { parseHttpAddress } from "../../src/http/http-address.ts";
import { editDistance, nearestName } from "../../src/options/nearest-name.ts";
import { quoted } from "../../src/base/quoted.ts";
import { defaultReplicaId, parseReplicaId } from "../../src/daemon/replica-id.ts";
import { parseZkPath } from "../../src/coordination/zookeeper/zk-path.ts";

test.each([
  ["0.0.0.0:8080", "0.0.0.0", 8080],
  [":8080", "127.0.0.1", 8080],
  ["8080", "127.0.0.1", 8080],
  ["localhost:0", "localhost", 0],
  ["[::1]:65535", "::1", 65_535],
  ["[::]:80", "::", 80],
] as const)("http address: reads %s", (text, host, port) => {
  expect(parseHttpAddress(text)).toEqual({ kind: "valid", value: { kind: "tcp", host, port } });
});

test("http address: reads the path of a socket", () => {
  const value = { kind: "unix", path: "/run/e.sock" } as const;
  expect(parseHttpAddress("unix:/run/e.sock")).toEqual({ kind: "valid", value });
});

test.each([
  "",
  "host",
  "host:",
  "host:x",
  "host:65536",
  "host:123456",
  "::1:80",
  "[::1]",
  "[zz]:80",
  "[1]:80",
  "a b:80",
  "http://a:80",
  "unix:",
  "unix:relative",
  "unix:/dir/",
  `unix:/${"x".repeat(107)}`,
  "-1",
])("http address: refuses %j", (text) => {
  expect(parseHttpAddress(text).kind).toBe("invalid");
});

test.each(["/election", "/a/b", "/a.b/..c", "/zookeeper2", "/ü"])("zk path: takes %s", (text) => {
  expect(parseZkPath(text)).toEqual({ kind: "valid", value: text });
});

test.each([
  "",
  "/",
  "a",
  "a/b",
  "/a/",
  "//a",
  "/a//b",
  "/.",
  "/a/..",
  "/a/./b",
  "/zookeeper",
  "/zookeeper/x",
  "/a\u0000",
  "/a\u001f",
  "/a\u007f",
  "/\ue000",
  "/\ufff0",
  `/${"a".repeat(512)}`,
])("zk path: refuses %j", (text) => {
  expect(parseZkPath(text).kind).toBe("invalid");
});

test.each(["a", "node-1", "A.b_c-9", "0", "x".repeat(100)])("replica id: takes %s", (text) => {
  expect(parseReplicaId(text).kind).toBe("valid");
});

test.each(["", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "ü", "x".repeat(101)])(
  "replica id: refuses %j",
  (text) => {
    expect(parseReplicaId(text).kind).toBe("invalid");
  },
);

test.each(["host", "host.example.org", "", "---", "ünïcode host", "..", "h".repeat(300)])(
  "replica id: the default for the host name %j is a right one",
  (hostName) => {
    const id = defaultReplicaId(hostName, new Uint8Array([0, 1, 254, 255, 16, 2]));
    expect(parseReplicaId(id).kind).toBe("valid");
    expect(id).toEndWith("-0001feff1002");
  },
);

test("nearest name: finds slips of the hand and nothing far", () => {
  const names = ["zk-servers", "zk-path", "stop-timeout", "session-timeout"];
  expect(nearestName("zk-server", names)).toBe("zk-servers");
  expect(nearestName("zkServers", names)).toBe("zk-servers");
  expect(nearestName("sesion-timeuot", names)).toBe("session-timeout");
  expect(nearestName("frobnicate", names)).toBeUndefined();
  expect(nearestName("x".repeat(1000), names)).toBeUndefined();
  expect(nearestName("", names)).toBeUndefined();
});

test("edit distance: counts swaps of neighbours as one", () => {
  expect(editDistance("ab", "ba")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
});

test("quoted: keeps to one line and escapes what a terminal would obey", () => {
  expect(quoted("a\n\u001b[31m\u009b\u202e")).toBe('"a\\n\\u001b[31m\\u009b\\u202e"');
  expect(quoted("x".repeat(100))).toBe(`"${"x".repeat(80)}..."`);
});
