import * as fc from "fast-check";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { FakeScheduler, settle } from "../../fake/scheduler.ts";
import { bytes } from "../../zookeeper/stage.fixture.ts";
import { HostileTransport, type Plan } from "../hostile-transport.ts";
import { anyInt } from "../hostile-texts.ts";
import { anyMove, type Move } from "./moves.ts";
import { recording } from "./recorded-server.ts";
import { asyncTarget, hold, type Target } from "../target.ts";

const sessionTimeoutMs = 4_000;
/** How long the servers may do as they please, of the fake scheduler's time. */
const playMs = 12_000;
/** No back-off is shorter, so there are no more connections than such pauses. */
const shortestPauseMs = 25;

const watching = { watch: new AbortController().signal };

/** Asks for one thing; what goes on after the answer, such as a watch, is pushed to `later`. */
type Ask = (client: ZooKeeperClient, later: Promise<unknown>[]) => Promise<unknown>;

/** Every operation of the client, as the recorded conversation uses them. */
const operations: readonly Ask[] = [
  (client) => client.create("/golden", bytes("one")),
  (client) => client.create("/golden/s-", bytes("ü"), { mode: "ephemeral-sequential" }),
  (client) => client.create("/golden/c", bytes(""), { mode: "container" }),
  (client) => client.create("/golden/t", bytes(""), { mode: "persistent-ttl", ttlMs: 60_000 }),
  (client, later) => watched(client.getData("/golden", watching), later),
  (client, later) => watched(client.exists("/golden/none", watching), later),
  (client, later) => watched(client.getChildren("/golden", watching), later),
  (client) => client.setData("/golden", bytes("two"), { version: 0 }),
  (client) => client.getAcl("/golden"),
  (client) => client.setAcl("/golden", [{ permissions: 31, scheme: "world", id: "anyone" }]),
  (client) => client.sync("/golden"),
  (client) => client.whoAmI(),
  listen,
  (client) => client.removeWatches("/golden"),
  (client) => client.delete("/golden/m"),
  (client) =>
    client.multi([
      { kind: "check", path: "/golden", version: 1 },
      { kind: "create", path: "/golden/m", data: bytes("m") },
      { kind: "set", path: "/golden", data: bytes("four") },
      { kind: "delete", path: "/golden/c" },
    ]),
];

interface Case {
  readonly plan: Plan;
  readonly asked: readonly number[];
  readonly atOnce: boolean;
  readonly credential: boolean;
  readonly closes: boolean;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  plan: anyPlan(),
  asked: fc.array(fc.nat(operations.length - 1), { minLength: 1, maxLength: 12 }),
  atOnce: fc.boolean(),
  credential: fc.boolean(),
  closes: fc.boolean(),
});

/** The wire client against servers that answer as recorded, but for the moves of a plan. */
export const conversationTargets: readonly Target[] = [
  asyncTarget("conversations", 40, anyCase, async (given) => {
    await converse(given);
  }),
  asyncTarget("wrong request numbers", 10, anyWrongNumber(), async ({ at, value }) => {
    const moves: Move[] = [...honestCase.asked.slice(0, at), 0].map(() => ({ kind: "honest" }));
    // The handshake is the first frame, and requests are numbered from 1 on.
    const number = at + 1;
    if (value === number) return;
    const wrong: Move = { kind: "xid", value };
    const plan = { ...honestCase.plan, moves: [...moves, wrong] };
    const before = await converse({ ...honestCase, plan, credential: false });
    hold(before[at] !== "ok", `an answer to ${value} is taken for one to ${number}`);
  }),
];

/** Every operation once, and servers that are honest: what the cases are variations of. */
export const honestCase: Case = {
  plan: { moves: [], again: false, pieceBytes: 7, latencyMs: 1 },
  asked: operations.map((_, index) => index),
  atOnce: false,
  credential: true,
  closes: true,
};

function anyWrongNumber() {
  return fc.record({ at: fc.nat(operations.length - 1), value: anyInt });
}

/** How often the servers' answers may be tampered with, chunked and delayed. */
export function anyPlan(): fc.Arbitrary<Plan> {
  return fc.record({
    moves: fc.array(anyMove, { maxLength: 16 }),
    again: fc.boolean(),
    pieceBytes: fc.constantFrom(1, 3, 4, 7, 64, 100_000),
    latencyMs: fc.constantFrom(1, 1, 1, 20, 3_000),
  });
}

/** Plays one case. What came of each request, in the order of the answers: "ok" or a code. */
export async function converse(given: Case): Promise<readonly string[]> {
  const scheduler = new FakeScheduler();
  const transport = new HostileTransport(scheduler, given.plan, recording.handshake, answering());
  const client = new ZooKeeperClient({
    servers: [{ host: "10.0.0.1", port: 2181 }],
    sessionTimeoutMs,
    scheduler,
    transport,
    credentials: given.credential ? [{ scheme: "digest", auth: bytes("user:password") }] : [],
  });
  const later: Promise<unknown>[] = [];
  const outcomes: string[] = [];
  const progress = { done: false };
  const asking = ask(client, given, later, outcomes).then(() => {
    progress.done = true;
  });
  for (let played = 0; played < playMs && !progress.done; played += 1_000) {
    await scheduler.advance(1_000);
  }
  await end(client, scheduler, given.closes);
  let settled = false;
  void Promise.all([asking, ...later]).then(() => {
    settled = true;
  });
  await settle();
  hold(settled, "a promise did not settle although the session is over");
  hold(scheduler.sleeping === 0, `${scheduler.sleeping} timers are left`);
  hold(transport.open === 0, `${transport.open} connections are left`);
  const most = 2 + scheduler.now() / shortestPauseMs;
  hold(transport.connections <= most, `${transport.connections} connections were made`);
  return outcomes;
}

async function end(client: ZooKeeperClient, scheduler: FakeScheduler, closes: boolean) {
  const limit = new AbortController();
  const closed = closes ? client.close(limit.signal) : Promise.resolve(client.abandon());
  await scheduler.advance(1_000);
  limit.abort();
  await settle();
  await closed;
}

/** Asks one after the other or all at once; writes down what came of it. */
async function ask(
  client: ZooKeeperClient,
  { asked, atOnce }: Case,
  later: Promise<unknown>[],
  outcomes: string[],
): Promise<void> {
  const one = async (index: number): Promise<void> => {
    try {
      await operations[index]?.(client, later);
      outcomes.push("ok");
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      hold(error.message.includes(error.code), "an error names its code");
      outcomes.push(error.code);
    }
  };
  if (atOnce) await Promise.all(asked.map(one));
  else for (const index of asked) await one(index);
}

async function watched(
  reading: Promise<{ readonly watch: Promise<unknown> | undefined }>,
  later: Promise<unknown>[],
): Promise<void> {
  const { watch } = await reading;
  if (watch !== undefined) later.push(watch);
}

async function listen(client: ZooKeeperClient, later: Promise<unknown>[]): Promise<void> {
  const watch = await client.addWatch("/golden", { recursive: true });
  later.push(Array.fromAsync(watch));
}

/** Answers every request as it was recorded, with the xid that was asked with. */
function answering(): (request: Uint8Array) => Uint8Array | undefined {
  const asked = new Map<number, number>();
  return (request) => {
    const view = new DataView(request.buffer, request.byteOffset, request.length);
    if (request.length < 8) return undefined;
    const opcode = view.getInt32(4);
    const count = asked.get(opcode) ?? 0;
    asked.set(opcode, count + 1);
    const recorded = recording.answers.get(opcode);
    const answer = recorded?.[count % recorded.length]?.slice() ?? header(opcode);
    new DataView(answer.buffer).setInt32(0, view.getInt32(0));
    return answer;
  };
}

const wellWithoutBody: readonly number[] = [
  Opcode.ping,
  Opcode.auth,
  Opcode.setWatches,
  Opcode.setWatches2,
  Opcode.addWatch,
  Opcode.removeWatches,
];

function header(opcode: number): Uint8Array {
  const bytes_ = new Uint8Array(16);
  const code = wellWithoutBody.includes(opcode) ? 0 : -6;
  new DataView(bytes_.buffer).setInt32(12, code);
  return bytes_;
}
