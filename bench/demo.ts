import { aborted } from "../src/base/scope.ts";
import { refuse } from "../test/given.ts";
import { type Arrival, ArrivalWatch } from "./arrival-watch.ts";
import { DemoOutput } from "./demo-output.ts";
import { freePort } from "./free-port.ts";
import { Interruption } from "./interruption.ts";
import type { ReplicaProcess } from "./replica-process.ts";
import { Stage } from "./stage.ts";

/**
 * Three replicas on a real ensemble. Who leads is told from the files alone; every few seconds the
 * leader is ended, by SIGTERM and by SIGKILL in turn, and started again. Runs until Ctrl-C, or for
 * DEMO_SECONDS from the first start of a replica on.
 */

const names = ["a", "b", "c"] as const;
const path = "/demo";
const sessionSeconds = 4;
const replicaFlags = [
  "--leader-timeout=1s",
  "--attempter-timeout=2s",
  "--stop-timeout=3s",
  `--session-timeout=${sessionSeconds}s`,
];
/** How long a leader is left alone, and how long one that was ended stays away. */
const reignMs = 5_000;
const absenceMs = 2_000;
const handOverLimitMs = 60_000;

interface Seat {
  readonly name: string;
  readonly address: string;
  replica: ReplicaProcess;
}

process.exit(await main());

async function main(): Promise<number> {
  const given = process.env["DEMO_SECONDS"] || "Infinity";
  const secondsToRun = Number(given);
  if (!(secondsToRun > 0)) refuse("DEMO_SECONDS", given, "a number of seconds above 0");
  using interruption = new Interruption();
  const output = new DemoOutput();
  output.text("election: three replicas compete on a ZooKeeper ensemble of three servers\n");
  output.event("starting the servers", "dim");
  await using stage = await Stage.open();
  const fileDir = stage.directory("files");
  using arrivals = new ArrivalWatch(fileDir, teller(output));
  const seats = names.map((name) => {
    const address = `127.0.0.1:${freePort()}`;
    return { name, address, replica: startReplica(stage, name, address, fileDir) };
  });
  introduce(output, stage, fileDir, seats);

  const timer = setTimeout(
    () => interruption.request(),
    Math.min(secondsToRun * 1_000, 2 ** 31 - 1),
  );
  const playing = play(stage, output, arrivals, fileDir, seats);
  await Promise.race([playing, aborted(interruption.signal)]);
  clearTimeout(timer);
  // What is being waited for will not come any more.
  playing.catch(() => undefined);

  output.event("ending: replicas first, then the servers", "dim");
  await stage.stop();
  return 0;
}

/** Ends leaders, one after the other. Only the end of the demo ends it. */
async function play(
  stage: Stage,
  output: DemoOutput,
  arrivals: ArrivalWatch,
  fileDir: string,
  seats: readonly Seat[],
): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    await Bun.sleep(reignMs);
    const leader = seats.find(({ name }) => name === arrivals.latest?.replica);
    if (arrivals.latest === undefined || leader === undefined) continue;
    const signal = turn % 2 === 0 ? "SIGTERM" : "SIGKILL";
    const successor = arrivals.next(arrivals.latest.epoch, handOverLimitMs);
    const signalledAt = performance.now();
    leader.replica.kill(signal);
    output.event(farewell(leader.name, signal), "red");
    const { replica = "?", at } = await successor;
    const took = `${seconds(at - signalledAt)} from ${signal} to its first file`;
    output.event(`${leader.name} handed over to ${replica}: ${took}`, "bold");
    const code = await leader.replica.exited;
    if (code !== null) output.event(`${leader.name} has exited with code ${code}`, "dim");
    await Bun.sleep(absenceMs);
    output.event(`${leader.name} starts again, and stands last in line`, "dim");
    leader.replica = startReplica(stage, leader.name, leader.address, fileDir);
  }
}

function startReplica(
  stage: Stage,
  name: string,
  address: string,
  fileDir: string,
): ReplicaProcess {
  return stage.start(name, path, fileDir, [...replicaFlags, `--http-address=${address}`]);
}

/** Tells every file, and before the first one of an epoch who leads. */
function teller(output: DemoOutput): (arrival: Arrival) => void {
  let epoch: bigint | undefined;
  return (arrival) => {
    const { name, replica = "?" } = arrival;
    if (arrival.epoch !== epoch) {
      epoch = arrival.epoch;
      output.event(`${replica} leads with epoch ${epoch}`, "green");
    }
    output.event(`${replica}  ${name}`);
  };
}

function introduce(
  output: DemoOutput,
  stage: Stage,
  fileDir: string,
  seats: readonly Seat[],
): void {
  output.text("");
  output.text(`  servers  ${stage.addresses}`);
  output.text(`  files    ${fileDir}`);
  for (const { name, address } of seats) {
    output.text(`  ${name}        http://${address}/ (a page)  http://${address}/status`);
  }
  output.text(`  try      curl http://${seats[0]?.address}/leader`);
  output.text("");
}

function farewell(name: string, signal: "SIGTERM" | "SIGKILL"): string {
  return signal === "SIGTERM"
    ? `SIGTERM to ${name}: it gives leadership up and exits`
    : `SIGKILL to ${name}: nothing is given up, so its session of ${sessionSeconds} s runs out`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
