import { expect, test } from "bun:test";
import { Relay } from "../chaos/arena/relay.ts";
import { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import { type Sample, takeSample } from "../soak/sample.ts";
import { Watcher } from "../soak/watcher.ts";
import { Replica, temporaryDirectory } from "./replica.ts";
import { startServer } from "./zookeeper-server.ts";

const limitMs = 90_000;
const times = 10;
const vanishing = 100;
const samplesTaken = 25;

/**
 * The least that it holds while it leads: what comes and goes with files, renewals and requests is
 * not in it, and a thing that is never let go of is, as often as it happened.
 */
async function floorOf(address: string): Promise<Pick<Sample, "descriptors" | "timers">> {
  const samples: Sample[] = [];
  while (samples.length < samplesTaken) {
    const sample = await takeSample(address);
    if (sample.state === "Leader") samples.push(sample);
  }
  return {
    descriptors: Math.min(...samples.map(({ descriptors }) => descriptors)),
    timers: Math.min(...samples.map(({ timers }) => timers)),
  };
}

test(
  "daemon: broken connections, step-downs and clients that vanish leave nothing behind",
  async () => {
    await using server = await startServer();
    await using relay = await Relay.open(server.address);
    using directory = temporaryDirectory();
    await using replica = new Replica({
      servers: relay.address,
      id: "a",
      fileDir: directory.path,
      flags: [
        "--leader-timeout=50ms",
        "--session-timeout=3s",
        "--failover-timeout=100ms",
        "--failover-attempts-count=1000",
        "--http-address=127.0.0.1:0",
      ],
    });
    const { msg } = await replica.line("answers HTTP", ({ event }) => event === "http");
    const address = msg.slice(msg.lastIndexOf(" ") + 1);
    await replica.writes();
    const before = await floorOf(address);

    for (let time = 0; time < times; time += 1) {
      const from = replica.lines.length;
      relay.reset();
      // Where pauses between the connections grew too long, it is a new session.
      const connects = ["resumed", "connected"];
      await replica.line("is back", ({ change }) => connects.includes(String(change)), from);
    }
    await replica.writes(replica.lines.length);
    for (let time = 0; time < times; time += 1) {
      const from = replica.lines.length;
      replica.kill("SIGUSR1");
      await replica.enters("Leader", from);
    }
    const watched = { id: "a", address, pid: replica.pid, mayBeAway: false };
    await using watcher = new Watcher([watched], new SeededChoice(1), 0);
    while (watcher.vanished < vanishing) await replica.writes(replica.lines.length);
    await watcher[Symbol.asyncDispose]();

    expect(watcher.problems).toEqual([]);
    // Less than before is no leak: something that a start sets off may have been under way.
    const after = await floorOf(address);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
    expect((await takeSample(address)).requests).toBeLessThan(3);
  },
  limitMs,
);
