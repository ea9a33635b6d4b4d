import { expect, test } from "bun:test";
import { coordinatorOptions } from "../../../src/coordination/zookeeper/options.ts";
import type { Parsed } from "../../../src/options/parsed.ts";
import { environmentOf } from "../../options/environment.fixture.ts";

function parsePath(text: string): Parsed<string> {
  return coordinatorOptions.zkPath.parse(text, environmentOf());
}

test.each(["/election", "/a/b", "/a.b/..c", "/zookeeper2", "/ü"])("zk path: takes %s", (text) => {
  expect(parsePath(text)).toEqual({ kind: "valid", value: text });
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
  expect(parsePath(text).kind).toBe("invalid");
});
