import { expect, test } from "bun:test";
import { readSmallFile } from "../../src/options/environment.ts";

test("files: a missing one is absent, a directory and an oversized one are refused", async () => {
  expect(readSmallFile("/none/x")).toEqual({ kind: "absent" });
  expect(readSmallFile("/tmp")).toEqual({ kind: "failed", detail: "it is a directory" });
  const device = { kind: "failed", detail: "it is not a regular file" } as const;
  expect(readSmallFile("/dev/null")).toEqual(device);
  // A file of the kernel that nobody may read so, not even root.
  expect(readSmallFile("/proc/self/mem")).toMatchObject({
    detail: expect.stringMatching(/^it is unreadable \(E[A-Z]+\)$/) as string,
  });
  const path = `/tmp/election-large-${process.pid}`;
  await Bun.write(path, Buffer.alloc(1024 * 1024 + 1));
  expect(readSmallFile(path)).toEqual({ kind: "failed", detail: "it exceeds 1 MiB" });
  await Bun.file(path).delete();
});
