import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalDisk } from "../src/disk/local-disk.ts";
import { DurableLog } from "../src/durable-log/durable-log.ts";

const entryBytes = 200;
const lastsMs = 2_000;
const batches = [1, 16, 256];
const segmentBytes = 67_108_864;

interface LogFigure {
  readonly batch: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

function figureOf(batch: number, tookMs: readonly number[]): LogFigure {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 1e3);
  const totalMs = tookMs.reduce((sum, ms) => sum + ms, 0);
  const perSecond = Math.round((batch * tookMs.length) / (totalMs / 1_000));
  return { batch, perSecond, p50Us: at(0.5), p99Us: at(0.99) };
}

async function timed(batch: number, turn: () => Promise<void>): Promise<LogFigure> {
  const tookMs: number[] = [];
  for (const end = performance.now() + lastsMs; performance.now() < end;) {
    const start = performance.now();
    await turn();
    tookMs.push(performance.now() - start);
  }
  return figureOf(batch, tookMs);
}

/** One turn: as many writes as the batch has, of one entry each, and all of them durable. */
async function measureLog(path: string): Promise<readonly LogFigure[]> {
  const log = await DurableLog.open({
    disk: new LocalDisk(path),
    node: "1",
    cluster: undefined,
    newId: () => crypto.randomUUID().replaceAll("-", ""),
    segmentBytes,
    reserveBytes: 1_048_576,
    cacheBytes: segmentBytes,
    keepBytes: segmentBytes,
    batchBytes: 1_048_576,
    defer: setImmediate,
    onRead: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  const data = new Uint8Array(entryBytes).fill(7);
  const none = { number: 0, term: 1, lastIndex: 0, piece: undefined, install: undefined };
  let index = 0;
  const append = async (): Promise<void> => {
    index += 1;
    const entries = [{ index, term: 1, kind: "data", data }] as const;
    await log.write({ ...none, hardState: undefined, cutFrom: undefined, entries });
  };
  const figures: LogFigure[] = [];
  for (const batch of batches) {
    const turn = async (): Promise<void> => {
      await Promise.all(Array.from({ length: batch }, append));
    };
    figures.push(await timed(batch, turn));
  }
  await log[Symbol.asyncDispose]();
  return figures;
}

/** The floor: the same bytes by one write to a file of zeros, and nothing around them. */
async function measureWrite(path: string): Promise<readonly LogFigure[]> {
  const file = await new LocalDisk(path).createFile("bare");
  for (let start = 0; start < segmentBytes; start += 1_048_576) {
    await file.writeAt(start, new Uint8Array(1_048_576));
  }
  const figures: LogFigure[] = [];
  let offset = 0;
  for (const batch of batches) {
    const bytes = new Uint8Array(Math.ceil((batch * entryBytes) / 512) * 512).fill(7);
    const turn = async (): Promise<void> => {
      if (offset + bytes.length > segmentBytes) offset = 0;
      await file.writeAt(offset, bytes);
      offset += bytes.length;
    };
    figures.push(await timed(batch, turn));
  }
  await file.close();
  return figures;
}

const directory = mkdtempSync(join(Bun.env["BENCH_DIRECTORY"] ?? tmpdir(), "election-bench-"));
try {
  const [bare, log] = [await measureWrite(directory), await measureLog(directory)];
  process.stdout.write("| | batch | appends/s | p50 us | p99 us |\n|---|---|---|---|---|\n");
  for (const [name, figures] of Object.entries({ "bare pwrite": bare, log })) {
    for (const { batch, perSecond, p50Us, p99Us } of figures) {
      process.stdout.write(`| ${name} | ${batch} | ${perSecond} | ${p50Us} | ${p99Us} |\n`);
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}
