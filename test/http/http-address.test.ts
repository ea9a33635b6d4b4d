import { expect, test } from "bun:test";
import { parseHttpAddress } from "../../src/http/http-address.ts";

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
