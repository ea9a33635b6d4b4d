import { expect, test } from "bun:test";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import type { ElectionEvent } from "../../../src/election/ports/observer.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { openAccess } from "../../../src/zookeeper/access.ts";
import { readRoster } from "../../../src/coordination/zookeeper/roster.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { Recorder } from "../../fake/election.ts";
import { Bench, limitMs, never, sessionTimeoutMs } from "./bench.fixture.ts";

const bench = new Bench();

/** Resolves with the first event of a kind. */
class Waiting extends Recorder {
  readonly #heard = Promise.withResolvers<ElectionEvent>();
  readonly #kind: ElectionEvent["kind"];

  constructor(kind: ElectionEvent["kind"]) {
    super();
    this.#kind = kind;
  }

  get heard(): Promise<ElectionEvent> {
    return this.#heard.promise;
  }

  override observe(event: ElectionEvent): void {
    super.observe(event);
    if (event.kind === this.#kind) this.#heard.resolve(event);
  }
}

async function rosterOfBench() {
  const roster = await readRoster(
    {
      servers: [bench.server.address],
      transport: new TcpTransport(),
      access: openAccess,
      scheduler: new RealScheduler(),
      basePath: bench.layout.base,
      sessionTimeoutMs,
    },
    never,
  );
  if (roster.kind === "failed") throw new Error(roster.detail);
  return roster;
}

test(
  "coordinator: of two replicas with one name the roster says which one leads",
  async () => {
    await bench.leader("same");
    const events = new Waiting("standing");
    const second = await bench.opened(bench.coordinator("same", events));
    void second.turn(never);
    await events.heard;
    const { line } = await rosterOfBench();
    expect(line.map(({ info, leads }) => [info.replica as string, leads])).toEqual([
      ["same", true],
      ["same", false],
    ]);
  },
  limitMs,
);

test(
  "coordinator: a leader of our own name that goes on renewing is another process",
  async () => {
    await bench.leader("same");
    const events = new Waiting("notice");
    const second = await bench.opened(bench.coordinator("same", events));
    expect((await second.attempt(outOfTurn, never)).kind).toBe("led");
    void second.turn(never);
    expect(await events.heard).toMatchObject({
      level: "warn",
      detail: "another process uses the same --replica-id=same: process 1 on host, which leads",
    });
  },
  limitMs,
);
