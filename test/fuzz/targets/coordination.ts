import * as fc from "fast-check";
import {
  outOfTurn,
  type ReplicaId,
  type ReplicaInfo,
} from "../../../src/election/ports/coordinator.ts";
import { ZooKeeperCoordinator } from "../../../src/coordination/zookeeper/coordinator.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { readAcl } from "../../../src/zookeeper/protocol/records.ts";
import { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import { FakeScheduler, settle } from "../../fake/scheduler.ts";
import { writeStat } from "../../fake/zookeeper-transport.ts";
import { anyLong, anyText, textOf } from "../hostile-texts.ts";
import { HostileTransport } from "../hostile-transport.ts";
import { anyRecord } from "./records.ts";
import { asyncTarget, hold, type Target } from "../target.ts";

const sessionId = 0x1234n;
const noEvents = { observe: (): void => undefined };
const us: ReplicaInfo = {
  replica: "replica" as ReplicaId,
  host: "host",
  pid: 1,
  httpAddress: null,
  since: "2026-01-01T00:00:00.000Z",
};

/** What stands in the nodes at one moment: well-formed answers without sense. */
interface World {
  readonly data: Uint8Array;
  readonly children: readonly string[];
  readonly czxid: bigint;
  readonly version: number;
  readonly owner: bigint;
  /** The code of the answer; 0 for a good one. */
  readonly error: number;
  /** Which part of a multi is refused; none when there are fewer. */
  readonly culprit: number;
}

const entry = textOf("replica-", "other-", "0000000001", "-", "0000000002", "/", "..");
const anyWorld: fc.Arbitrary<World> = fc.record({
  data: anyRecord,
  children: fc.array(fc.oneof(entry, anyText), { maxLength: 5 }),
  czxid: fc.oneof(fc.constantFrom(1n, 2n, 3n), anyLong),
  version: fc.integer({ min: -1, max: 3 }),
  owner: fc.constantFrom(0n, sessionId, 7n),
  error: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(-101, -110, -103, -112, -118, -127, -2, -999) },
  ),
  culprit: fc.nat(6),
});

/** The coordinator on servers whose nodes hold anything, told in well-formed answers. */
export const coordinationTargets: readonly Target[] = [
  asyncTarget(
    "records under the coordinator",
    15,
    fc.record({ worlds: fc.array(anyWorld, { minLength: 1, maxLength: 12 }) }),
    coordinate,
  ),
];

/** Opens, stands in line and tries to lead, all of which must end and never reject. */
async function coordinate({ worlds }: { readonly worlds: readonly World[] }): Promise<void> {
  const scheduler = new FakeScheduler();
  const plan = { moves: [], again: false, pieceBytes: 100_000, latencyMs: 5 };
  let asked = 0;
  const transport = new HostileTransport(scheduler, plan, handshake(), (request) => {
    const world = worlds[asked % worlds.length];
    asked += 1;
    return world === undefined ? undefined : answer(request, world);
  });
  const coordinator = new ZooKeeperCoordinator({
    servers: [{ host: "10.0.0.1", port: 2181 }],
    transport,
    scheduler,
    observer: noEvents,
    basePath: "/election",
    sessionTimeoutMs: 4_000,
    describe: () => us,
  });
  const stop = new AbortController();
  const progress = { done: false };
  const competing = compete(coordinator, stop.signal).then(() => {
    progress.done = true;
  });
  for (let second = 0; second < 4 && !progress.done; second += 1) await scheduler.advance(1_000);
  stop.abort();
  await scheduler.advance(2_000);
  await settle();
  hold(progress.done, "a promise did not settle although all was told to stop");
  await competing;
  hold(transport.open === 0, `${transport.open} connections are left`);
  hold(scheduler.sleeping === 0, `${scheduler.sleeping} timers are left`);
}

async function compete(coordinator: ZooKeeperCoordinator, stop: AbortSignal): Promise<void> {
  const opening = await coordinator.open(stop);
  if (opening.kind === "failed") return;
  const { session } = opening;
  await session.horizon(stop);
  const [attempt] = await Promise.all([session.attempt(outOfTurn, stop), session.turn(stop)]);
  if (attempt.kind === "won") hold(attempt.leadership.epoch > 0n, "an epoch of a commit");
  if (attempt.kind === "won") await attempt.leadership.resign(AbortSignal.abort());
  await session.close(AbortSignal.abort());
}

function handshake(): Uint8Array {
  return new WireWriter()
    .int(0)
    .int(4_000)
    .long(sessionId)
    .buffer(new Uint8Array(16))
    .boolean(false)
    .finish();
}

function answer(request: Uint8Array, world: World): Uint8Array {
  const reader = new WireReader(request);
  const xid = reader.int();
  const opcode = reader.int();
  const isRefused = world.error !== 0 && opcode !== Opcode.multi && opcode !== Opcode.ping;
  const writer = new WireWriter().int(xid).long(world.czxid);
  writer.int(isRefused ? world.error : 0);
  if (!isRefused) writeBody(writer, opcode, reader, world);
  return writer.finish();
}

function writeBody(writer: WireWriter, opcode: number, request: WireReader, world: World): void {
  const stat = { czxid: world.czxid, version: world.version, ephemeralOwner: world.owner };
  if (opcode === Opcode.getData) writer.buffer(world.data);
  if (opcode === Opcode.getChildren2) {
    writer.vector(world.children, (into, name) => into.string(name));
  }
  if (opcode === Opcode.create2) writer.string(`${request.string()}0000000001`);
  if (opcode === Opcode.multi) writeMulti(writer, request, world);
  else if (opcode !== Opcode.sync && opcode > 0) writeStat(writer, stat);
}

function writeMulti(writer: WireWriter, request: WireReader, world: World): void {
  const parts = partsOf(request);
  const isRefused = world.culprit < parts.length;
  parts.forEach(({ opcode, path }, index) => {
    writer
      .int(isRefused ? -1 : opcode)
      .boolean(false)
      .int(0);
    if (isRefused) writer.int(errorOf(index, world));
    else if (opcode === Opcode.setData) writeStat(writer, { czxid: world.czxid });
    else if (opcode !== Opcode.delete && opcode !== Opcode.check) {
      writer.string(path);
      if (opcode !== Opcode.create) writeStat(writer, { czxid: world.czxid });
    }
  });
  writer.int(-1).boolean(true).int(-1);
}

/** Those before the culprit are well, those behind it are not tried. */
function errorOf(index: number, { culprit, error }: World): number {
  if (index < culprit) return 0;
  return index === culprit ? error || -110 : -2;
}

function partsOf(request: WireReader): readonly { opcode: number; path: string }[] {
  const parts: { opcode: number; path: string }[] = [];
  while (!request.malformed) {
    const opcode = request.int();
    const isEnd = request.boolean();
    request.int();
    if (isEnd) break;
    parts.push({ opcode, path: request.string() });
    skipRest(request, opcode);
  }
  return parts;
}

function skipRest(request: WireReader, opcode: number): void {
  const isDelete = opcode === Opcode.delete || opcode === Opcode.check;
  if (!isDelete) request.buffer();
  if (!isDelete && opcode !== Opcode.setData) request.vector(readAcl);
  request.int();
}
