import { numberIn, refuse } from "../given.ts";
import { campaign, type TargetReport } from "./campaign.ts";
import { targets } from "./targets/targets.ts";
import { watchdog } from "./watchdog.ts";

// CASES=n, SEED=n and TARGET=part-of-a-name of the environment; prints a line per target. Exits
// with 1 when a property did not hold, and is killed by its watchdog when a reader hangs.

const megabyte = 1024 * 1024;
/** More than this in use after a collection is unbounded memory, whatever was sent. */
const mostHeldBytes = 256 * megabyte;

const cases = numberIn("CASES", 1_000_000);
const seed = numberIn("SEED", Date.now() % 2 ** 31, 0);
const wanted = process.env["TARGET"] ?? "";
const chosen = targets.filter(({ name }) => name.includes(wanted));
if (chosen.length === 0) {
  const names = targets.map(({ name }) => name).join(", ");
  refuse("TARGET", wanted, `a part of one of: ${names}`);
}
const dog = watchdog();

print(`fuzz: ${cases} cases, SEED=${seed}`);
const reports = await campaign({
  targets: chosen,
  cases,
  seed,
  begins: (target) => dog.watch(`${target}, SEED=${seed}`),
  beat: () => dog.beat(),
  through: (report) => print(lineOf(report)),
});
dog.stop();

const total: TargetReport = {
  target: "all",
  cases: reports.reduce((sum, report) => sum + report.cases, 0),
  seconds: reports.reduce((sum, report) => sum + report.seconds, 0),
  peakBytes: Math.max(...reports.map((report) => report.peakBytes)),
  heldBytes: Math.max(...reports.map((report) => report.heldBytes)),
  failure: undefined,
};
print(lineOf(total));
const failed = reports.filter((report) => report.failure !== undefined);
for (const { target, failure } of failed) print(`\n${target}: ${failure}`);
if (failed.length > 0) print(`\nagain: make fuzz CASES=${cases} SEED=${seed}`);
const tooMuch = total.heldBytes > mostHeldBytes;
if (tooMuch) print(`more than ${mostHeldBytes / megabyte} MiB were held`);
process.exit(failed.length > 0 || tooMuch ? 1 : 0);

function lineOf(report: TargetReport): string {
  const columns = [
    report.target.padEnd(34),
    String(report.cases).padStart(9),
    `${report.seconds.toFixed(1)} s`.padStart(9),
    `${Math.round(report.heldBytes / megabyte)} MiB held`.padStart(14),
    `${Math.round(report.peakBytes / megabyte)} MiB resident`.padStart(18),
  ];
  return `${columns.join("")}  ${report.failure === undefined ? "" : "FAILED"}`.trimEnd();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
