import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { freePort } from "../../../bench/free-port.ts";
import { NotifySocket } from "../../../src/system/notify-socket.ts";
import { NotifyReceiver } from "../notify-receiver.ts";
import { Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
const stage = ServerStage.open("managed");

function start(environment: Readonly<Record<string, string>>, servers?: string): Replica {
  return new Replica({
    servers: servers ?? stage.servers,
    id: "a",
    fileDir: stage.path("files"),
    flags: [`--zk-path=${stage.zkPath}`, "--leader-timeout=200ms", "--stop-timeout=3s"],
    environment,
  });
}

/** Source: proc(5), the state in /proc/pid/stat */
function isFrozen(pid: number): boolean {
  return /\) T/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

type Name = readonly [what: string, nameOf: () => string];

const names: readonly Name[] = [
  ["a path", () => stage.path("notify")],
  ["an abstract name", () => `@election-test-${process.pid}-${stage.service}`],
];

test.each(names)(
  "service manager: hears by %s that the replica is ready, leads, lives and stops",
  async (_, nameOf) => {
    const name = nameOf();
    await using receiver = await NotifyReceiver.listen(name);
    await using replica = start({ NOTIFY_SOCKET: name, WATCHDOG_USEC: "600000" });
    const ready = await receiver.notice("READY=1");
    // The manager believes the main process only.
    expect(ready.pid).toBe(replica.pid);
    const leads = await receiver.notice("STATUS=Leader, epoch ");
    const elected = await replica.enters("Leader");
    expect(leads.lines).toContain(`STATUS=Leader, epoch ${String(elected["epoch"])}`);
    await receiver.notice("WATCHDOG=1");
    await receiver.notice("WATCHDOG=1", receiver.heard.length);
    replica.kill("SIGTERM");
    const stopping = await receiver.notice("STOPPING=1");
    // stop-timeout and 5 s, of which the sending itself has used next to nothing.
    const askedFor = stopping.lines.find((line) => line.startsWith("EXTEND_TIMEOUT_USEC="));
    expect(Number(askedFor?.split("=")[1])).toBeWithin(7_900_000, 8_000_001);
    expect(await replica.exited).toBe(0);
    expect(replica.lines.filter(({ event }) => event === "service-manager")).toEqual([]);
  },
  limitMs,
);

test(
  "service manager: a start without a coordinator is not ready, but asks for more time",
  async () => {
    const name = stage.path("notify");
    await using receiver = await NotifyReceiver.listen(name);
    await using replica = start({ NOTIFY_SOCKET: name }, `127.0.0.1:${freePort()}`);
    await receiver.notice("EXTEND_TIMEOUT_USEC=");
    await receiver.notice("STATUS=Failover: ");
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
    expect(receiver.heard.flatMap(({ lines }) => lines)).not.toContain("READY=1");
  },
  limitMs,
);

test(
  "service manager: a frozen process gives no sign of life",
  async () => {
    const name = stage.path("notify");
    await using receiver = await NotifyReceiver.listen(name);
    await using replica = start({ NOTIFY_SOCKET: name, WATCHDOG_USEC: "300000" });
    await receiver.notice("WATCHDOG=1");
    replica.kill("SIGSTOP");
    while (!isFrozen(replica.pid)) await Bun.sleep(1);
    // What was sent before has arrived once this, sent later, has.
    NotifySocket.open(name).send("FROZEN=1");
    await receiver.notice("FROZEN=1");
    const count = receiver.heard.length;
    // Three times its beat: what is asserted is that nothing happens.
    await Bun.sleep(300);
    expect(receiver.heard.length).toBe(count);
    replica.kill("SIGCONT");
    await receiver.notice("WATCHDOG=1", count);
  },
  limitMs,
);

const deafNames: readonly Name[] = [
  ["nobody listens", () => stage.path("nobody")],
  ["it is no name of a socket", () => "vsock:2:1234"],
  ["it is too long", () => `/${"x".repeat(200)}`],
];

test.each(deafNames)(
  "service manager: the replica leads all the same when %s, and says so once",
  async (_, nameOf) => {
    await using replica = start({ NOTIFY_SOCKET: nameOf(), WATCHDOG_USEC: "300000" });
    await replica.writes();
    await replica.writes(replica.lines.length);
    const told = replica.lines.filter(({ event }) => event === "service-manager");
    expect(told.map(({ level }) => level)).toEqual(["warn"]);
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
  },
  limitMs,
);

test("notify socket: a full queue makes nobody wait", async () => {
  const name = stage.path("notify");
  await using receiver = await NotifyReceiver.listen(name);
  process.kill(receiver.pid, "SIGSTOP");
  using socket = NotifySocket.open(name);
  let taken = 0;
  expect(() => {
    for (; taken < 100_000; taken += 1) socket.send("WATCHDOG=1");
  }).toThrow("nobody took the datagram");
  process.kill(receiver.pid, "SIGCONT");
  await receiver.notice("WATCHDOG=1");
});
