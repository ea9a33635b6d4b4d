import { setTimeout as sleep } from "node:timers/promises";
import type { Command, MeasureName, Samples, Wish } from "./protocol.ts";
import { batchSize, dataBytes, nodePath } from "./protocol.ts";

/** A client of ZooKeeper, whichever it is. What fails rejects. */
export interface MeasuredClient {
  /** How often it was connected so far. */
  readonly connections: number;
  create(path: string, data: Buffer): Promise<unknown>;
  get(path: string): Promise<unknown>;
  set(path: string, data: Buffer): Promise<unknown>;
  remove(path: string): Promise<unknown>;
  /** Reads the node and sets a watch, which calls `told` when the node's data has changed. */
  watch(path: string, told: () => void): Promise<unknown>;
}

/** What was measured before it came to nothing. */
export class Unfinished extends Error {
  readonly samples: Samples;

  constructor(message: string, samples: Samples) {
    super(message);
    this.samples = samples;
  }
}

type Ask = (wish: Wish) => void;
type Measure = (client: MeasuredClient, command: Command, ask: Ask) => Promise<Samples>;

const warmUpOperations = 50;
const warmUpBatches = 10;
/** Two sessions. */
const reconnectLimitMs = 20_000;
/** Of the watches that nobody has fired so many are tried after a reconnect. */
const probes = 100;
const data = Buffer.alloc(dataBytes, "x");

export const measures: Readonly<Record<MeasureName, Measure>> = {
  single: measureSingle,
  pipeline: measurePipeline,
  watches: measureWatches,
  reconnect: measureReconnect,
};

/** One operation after the other. */
async function measureSingle(client: MeasuredClient, { path, count }: Command): Promise<Samples> {
  const indices = Array.from({ length: warmUpOperations + count }, (_, index) => index);
  const timed = async (operation: (path: string) => Promise<unknown>): Promise<number[]> => {
    const samples: number[] = [];
    for (const index of indices) {
      const node = nodePath(path, index);
      const startedAt = now();
      await operation(node);
      samples.push(now() - startedAt);
    }
    return samples.slice(warmUpOperations);
  };
  return {
    create: await timed((node) => client.create(node, data)),
    get: await timed((node) => client.get(node)),
    delete: await timed((node) => client.remove(node)),
  };
}

/** Batches of gets, each sent at once and waited for as a whole. */
async function measurePipeline(client: MeasuredClient, { path, count }: Command): Promise<Samples> {
  const paths = Array.from({ length: batchSize }, (_, index) => nodePath(path, index));
  const batches: number[] = [];
  const batch = async (): Promise<void> => {
    const startedAt = now();
    await Promise.all(paths.map((node) => client.get(node)));
    batches.push(now() - startedAt);
  };
  for (let index = 0; index < warmUpBatches; index += 1) await batch();
  batches.length = 0;
  const processorNs = processorTime();
  for (let index = 0; index < count; index += 1) await batch();
  const processor = [(processorTime() - processorNs) / count];
  return { batch: batches, processor };
}

/** From the wish that somebody writes to all watched nodes until the last of them is told. */
async function measureWatches(
  client: MeasuredClient,
  { path, count }: Command,
  ask: Ask,
): Promise<Samples> {
  const left = new Countdown(count);
  await arm(client, path, count, () => left.step());
  const processorNs = processorTime();
  const startedAt = now();
  ask("fire");
  await left.done;
  return { told: [now() - startedAt], processor: [processorTime() - processorNs] };
}

/** From the wish to be cut off until a change that was made after the reconnection is told. */
async function measureReconnect(
  client: MeasuredClient,
  { path, count }: Command,
  ask: Ask,
): Promise<Samples> {
  const told = new Set<number>();
  const waits = new Map<number, () => void>();
  const armingAt = now();
  await arm(client, path, count, (index) => {
    told.add(index);
    waits.get(index)?.();
  });
  const set = { armed: [now() - armingAt], memory: [process.memoryUsage().rss] };

  const last = count - 1;
  const heard = new Promise<void>((resolve) => waits.set(last, resolve));
  const before = client.connections;
  const processorNs = processorTime();
  const startedAt = now();
  ask("cut");
  const late = sleep(reconnectLimitMs, "late" as const, { ref: false });
  let connectedAt = startedAt;
  void changeWhenConnected(client, nodePath(path, last), before, (at) => {
    connectedAt = at;
  });
  const outcome = await Promise.race([heard, late]);
  const again = client.connections - before;
  if (outcome === "late") {
    throw new Unfinished(`not told within 20 s, connected again ${again} times`, set);
  }
  const samples = {
    ...set,
    told: [now() - startedAt],
    connected: [connectedAt - startedAt],
    processor: [processorTime() - processorNs],
  };

  const others = Array.from({ length: probes }, (_, probe) => Math.floor((probe * last) / probes));
  const all = others.map((index) => new Promise<void>((resolve) => waits.set(index, resolve)));
  await Promise.all(others.map((index) => client.set(nodePath(path, index), data)));
  await Promise.race([Promise.all(all), sleep(5_000, undefined, { ref: false })]);
  return { ...samples, kept: [others.filter((index) => told.has(index)).length] };
}

/** Writes as soon as the client is connected once more than `before`, again if that fails. */
async function changeWhenConnected(
  client: MeasuredClient,
  path: string,
  before: number,
  connected: (at: number) => void,
): Promise<void> {
  const deadline = now() + reconnectLimitMs * 1e6;
  while (client.connections === before && now() < deadline) await sleep(1);
  connected(now());
  while (now() < deadline) {
    const written = client.set(path, data).then(
      () => true,
      () => false,
    );
    if (await written) return;
    await sleep(1);
  }
}

async function arm(
  client: MeasuredClient,
  path: string,
  count: number,
  told: (index: number) => void,
): Promise<void> {
  for (let first = 0; first < count; first += batchSize) {
    const size = Math.min(batchSize, count - first);
    const indices = Array.from({ length: size }, (_, offset) => first + offset);
    await Promise.all(
      indices.map((index) => client.watch(nodePath(path, index), () => told(index))),
    );
  }
}

class Countdown {
  readonly done: Promise<void>;
  #left: number;
  #finish: (() => void) | undefined;

  constructor(count: number) {
    this.#left = count;
    // Not Promise.withResolvers, which Node 20 lacks.
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  step(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#finish?.();
  }
}

/** Monotonic, in ns. Two processes' clocks may have different beginnings. */
function now(): number {
  return Number(process.hrtime.bigint());
}

/** What all threads of this process have used, in ns. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}
