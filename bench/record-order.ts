import { join } from "node:path";
import { Replica } from "../test/integration/replica.ts";
import { Stage } from "./stage.ts";

/*
 * Writes src/bytecode.order anew: which functions a leader and a waiting replica use. The build
 * lays them out side by side, so a replica has less of its program in memory. An old profile stays
 * valid, because functions are known by their syntax; what is new lies behind the recorded ones.
 *
 *   make build && bun bench/record-order.ts && make build
 */

const profile = join(import.meta.dir, "../src/bytecode.order");
/** Functions and modules; keys and strings are some 150 kB more, and gain nothing measurable. */
const kept = /^[FMN] /;
const lookMs = 15_000;

await using stage = await Stage.open();
const fileDir = stage.directory("order");
const records: string[] = [];
const start = (id: string): Replica => {
  const path = join(fileDir, `${id}.order`);
  records.push(path);
  const flags = ["--http-address=127.0.0.1:0", "--leader-timeout=1s"];
  const environment = { BUN_BYTECODE_ORDER_OUT: path };
  return new Replica({ servers: stage.addresses, id, fileDir, flags, environment });
};

await using leader = start("leader");
await leader.writes();
await using waiting = start("waiting");
await waiting.enters("Attempter");
// Two regular attempts, and several renewals.
await Bun.sleep(lookMs);
leader.kill("SIGTERM");
await leader.exited;
await waiting.writes();
waiting.kill("SIGTERM");
await waiting.exited;

const texts = await Promise.all(records.map((path) => Bun.file(path).text()));
const [version = ""] = texts[0]?.split("\n") ?? [];
const lines = texts.flatMap((text) => text.split("\n")).filter((line) => kept.test(line));
await Bun.write(profile, `${[version, ...new Set(lines)].join("\n")}\n`);
process.stdout.write(`${profile}: ${new Set(lines).size} functions and modules\n`);
