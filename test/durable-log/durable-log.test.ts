import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalDisk } from "../../src/disk/local-disk.ts";
import { crc32c } from "../../src/durable-log/crc32c.ts";
import { DurableLog } from "../../src/durable-log/durable-log.ts";
import { LogError } from "../../src/durable-log/log-error.ts";
import { Random } from "../simulation/world/random.ts";
import { SimulatedDirectory } from "../simulation/world/simulated-directory.ts";
import { contentOf, entry, openOn, optionsFor, write } from "./stage.ts";

const members = { voters: ["1"], outgoing: [], learners: [], context: "" };

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof LogError ? `${error.code} ${error.file}` : String(error);
}

test("durable log: CRC-32C gives the values of RFC 3720, B.4", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, byte) => byte))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("durable log: what was written is there after a power cut, over many segments", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory);
  await log.write(write({ hardState: { term: 3, vote: "2" }, entries: [entry(1, 2)] }));
  for (let index = 2; index <= 60; index += 1) {
    await log.write(write({ entries: [entry(index, 3, "x".repeat(index * 10))] }));
  }
  await log.write(write({ cutFrom: 58, entries: [entry(58, 4)] }));
  const before = contentOf(log);
  expect([...directory.files.keys()].filter((name) => name.startsWith("log-")).length).toBe(6);
  directory.losePower(new Random(1, "power"));
  const again = await openOn(directory, { cacheBytes: 1_000_000 });
  expect(contentOf(again)).toEqual(before);
  expect(again.hardState).toEqual({ term: 3, vote: "2" });
  expect([again.firstIndex, again.lastIndex, again.termOf(58)]).toEqual([1, 58, 4]);
  expect([again.identity.starts, again.identity.hasLog]).toEqual([2, true]);
  await again[Symbol.asyncDispose]();
});

test("durable log: many writes share a flush, and each resolves after it", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory, { segmentBytes: 1_000_000 });
  const used = (): number => directory.files.size;
  const files = used();
  await Promise.all(
    Array.from({ length: 500 }, (_, at) => log.write(write({ entries: [entry(at + 1)] }))),
  );
  expect([log.lastIndex, used()]).toEqual([500, files]);
  await log[Symbol.asyncDispose]();
  expect(await refusal(log.write(write({ entries: [entry(501)] })))).toStartWith("closed");
});

test("durable log: D4: entries that are not in memory are read through their checksums", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const counts = { reads: 0 };
  const failures: string[] = [];
  const more = {
    cacheBytes: 200,
    onRead: () => (counts.reads += 1),
    onFailure: (error: LogError) => failures.push(error.code),
  };
  const log = await openOn(directory, more);
  for (let at = 1; at <= 40; at += 1) await log.write(write({ entries: [entry(at)] }));
  expect(log.entries(3, 9, 10_000)).toBeUndefined();
  while (counts.reads === 0) await Promise.resolve();
  expect(log.entries(3, 4, 10_000)).toEqual([entry(3), entry(4)]);
  expect(log.entries(3, 4, 1)).toEqual([entry(3)]);
  const file = directory.files.get("log-000000000000001");
  const content = Buffer.from(file?.blocks?.read(0, 100_000) ?? []);
  file?.blocks?.rot(content.indexOf("entry 12"), 3);
  for (let at = 0; at < 50 && failures.length === 0; at += 1) {
    log.entries(12, 12, 10_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(failures).toEqual(["corrupt"]);
  await log[Symbol.asyncDispose]();
});

test("durable log: a snapshot cuts the log, two are kept, and the rest is recycled", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory);
  await log.keepSnapshot({ meta: { index: 0, term: 0, members }, data: new Uint8Array() });
  for (let index = 1; index <= 90; index += 1) {
    await log.write(write({ entries: [entry(index, 1, "x".repeat(900))] }));
    if (index % 30 !== 0) continue;
    const data = new Uint8Array(2_000).fill(index);
    await log.keepSnapshot({ meta: { index, term: 1, members }, data });
  }
  await log[Symbol.asyncDispose]();
  const names = [...directory.files.keys()];
  expect(names.filter((name) => name.startsWith("snapshot")).toSorted()).toEqual([
    "snapshot-60-1",
    "snapshot-90-1",
  ]);
  expect(names.filter((name) => name.startsWith("log-")).length).toBeLessThan(4);
  directory.losePower(new Random(1, "power"));
  const again = await openOn(directory);
  expect(again.snapshot).toEqual({ index: 90, term: 1, members });
  expect(again.snapshotPiece(90, 1_990, 100)).toEqual({
    kind: "piece",
    data: new Uint8Array(10).fill(90),
    last: true,
  });
  expect(again.snapshotPiece(60, 0, 100)).toEqual({ kind: "gone" });
  expect(again.firstIndex).toBeGreaterThan(80);
  expect(again.lastIndex).toBe(90);
  await again[Symbol.asyncDispose]();
});

test("durable log: a snapshot of another node takes the place of everything at once", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory);
  await log.write(write({ entries: [entry(1), entry(2)] }));
  const meta = { index: 50, term: 4, members };
  const piece = (offset: number, data: Uint8Array, last: boolean) =>
    write({ piece: { snapshot: meta, offset, data, last } });
  await log.write(piece(0, new Uint8Array([9]), false));
  await log.write(piece(0, new Uint8Array([1, 2]), false));
  await log.write({
    ...piece(2, new Uint8Array([3]), true),
    install: meta,
    hardState: { term: 4, vote: undefined },
    entries: [entry(51, 4)],
  });
  await log[Symbol.asyncDispose]();
  const again = await openOn(directory);
  expect([again.firstIndex, again.lastIndex, again.termOf(50)]).toEqual([51, 51, 4]);
  expect(again.snapshot).toEqual(meta);
  expect([...again.snapshotData]).toEqual([1, 2, 3]);
  await again[Symbol.asyncDispose]();
});

test("durable log: a full disk takes no entries, still votes, and goes on when there is room", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory);
  await log.retryRoom();
  directory.begin("full");
  let index = 0;
  while (log.accepting && index < 100) {
    index += 1;
    await log.write(write({ entries: [entry(index, 1, "x".repeat(1_000))] }));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(log.accepting).toBe(false);
  expect(index).toBeLessThan(20);
  for (let term = 2; term <= 8; term += 1)
    await log.write(write({ hardState: { term, vote: "3" } }));
  expect(await log.retryRoom()).toBe(false);
  directory.end("full");
  expect(await log.retryRoom()).toBe(true);
  for (let at = 0; at < 30; at += 1) {
    index += 1;
    await log.write(write({ entries: [entry(index, 8, "x".repeat(1_000))] }));
  }
  await log[Symbol.asyncDispose]();
  const again = await openOn(directory);
  expect([again.lastIndex, again.hardState]).toEqual([index, { term: 8, vote: "3" }]);
  await again[Symbol.asyncDispose]();
});

test("durable log: D2: a directory of another node or cluster, or without its files, is refused", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory, { cluster: "a" });
  await log.write(write({ entries: [entry(1)] }));
  await log[Symbol.asyncDispose]();
  expect(await refusal(openOn(directory, { node: "2" }))).toBe("foreign identity");
  expect(await refusal(openOn(directory, { cluster: "b" }))).toBe("foreign identity");
  const identity = directory.files.get("identity");
  const segment = directory.files.get("log-000000000000001");
  directory.files.delete("identity");
  expect(await refusal(openOn(directory))).toBe("incomplete identity");
  if (identity !== undefined) directory.files.set("identity", identity);
  directory.files.delete("log-000000000000001");
  expect(await refusal(openOn(directory))).toBe("incomplete log");
  if (segment !== undefined) directory.files.set("log-000000000000001", segment);
  directory.begin("read-fails");
  expect(await refusal(openOn(directory))).toBe("unreadable log-000000000000001");
  directory.end("read-fails");
  const again = await openOn(directory);
  expect(contentOf(again)).toEqual(["1/1/entry 1"]);
});

test("durable log: D3: after a failed flush nothing is written any more", async () => {
  const directory = new SimulatedDirectory(() => 0);
  const failures: LogError[] = [];
  const log = await openOn(directory, { onFailure: (error) => failures.push(error) });
  await log.write(write({ entries: [entry(1)] }));
  directory.begin("flush-fails");
  const writes = [2, 3].map((at) => refusal(log.write(write({ entries: [entry(at)] }))));
  expect((await Promise.all(writes)).join()).toContain("write-failed");
  directory.end("flush-fails");
  expect(await refusal(log.write(write({ entries: [entry(2)] })))).toStartWith("write-failed");
  expect([failures.length, log.accepting, log.lastIndex]).toEqual([1, false, 1]);
  await log[Symbol.asyncDispose]();
});

test("durable log: it works on the disk of this machine", async () => {
  const path = mkdtempSync(join(tmpdir(), "election-log-"));
  try {
    const more = { defer: setImmediate, segmentBytes: 100_000 };
    const log = await DurableLog.open(optionsFor(new LocalDisk(path), more));
    await Promise.all(
      Array.from({ length: 2_000 }, (_, at) => log.write(write({ entries: [entry(at + 1)] }))),
    );
    await log[Symbol.asyncDispose]();
    const again = await DurableLog.open(optionsFor(new LocalDisk(path), more));
    expect([again.lastIndex, contentOf(again)[999]]).toEqual([2_000, "1000/1/entry 1000"]);
    await again[Symbol.asyncDispose]();
  } finally {
    rmSync(path, { recursive: true });
  }
});
