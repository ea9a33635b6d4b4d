import { fencedBy } from "../../src/files/directory-failure.ts";
import { FakeDisk } from "../fake/disk.ts";
import type { Epoch } from "../../src/election/ports/coordinator.ts";
import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Somebody who is not root: a directory's mode does not bind root. */
const stranger = 65_534;
const root = join(import.meta.dir, "../..");

/** The proof of a directory by a user who owns none: what it says. */
const script = (path: string): string => `
  import { proveDirectory } from "${root}/src/files/directory-proof.ts";
  import { LocalDisk } from "${root}/src/disk/local-disk.ts";
  if (process.getuid() === 0) process.setuid(${stranger});
  const proof = await proveDirectory(new LocalDisk("${path}"), "a", "/election");
  console.log(proof.kind === "failed" ? proof.failure.detail : proof.kind);
`;

test("directory: what is wrong with it is said of it, and not of a file of ours", () => {
  const directory = mkdtempSync("/tmp/election-failure-");
  writeFileSync(join(directory, "file"), "");
  chmodSync(directory, 0o555);
  for (const [path, problem] of [
    ["file", "it, or what is above it, is not a directory (EEXIST)"],
    ["file/below", "it, or what is above it, is not a directory (ENOTDIR)"],
    [".", "this user may not write to it (EACCES)"],
    ["below", "this user may not make it (EACCES)"],
  ] as const) {
    const full = join(directory, path);
    const { stdout } = Bun.spawnSync([process.execPath, "-e", script(full)]);
    expect(stdout.toString().trimEnd()).toBe(`${full}: ${problem}`);
  }
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true });
});

test.each([
  ["/other", /was written by another service, "\/other", and this one is "\/election": give each/],
  ["/election", /wiped or restored, move the old files out .+ a service of this name on other/],
])("fence: a file of the service %s tells whose it is", async (service, expected) => {
  const disk = new FakeDisk();
  disk.files.set("file", JSON.stringify({ service }));
  const { detail } = await fencedBy(disk, { epoch: 8n as Epoch, file: "file" }, "/election");
  expect(detail).toMatch(expected);
});
