import { LineWriter, pauseThread, writeTo } from "../../src/telemetry/log/line-writer.ts";
import { Log } from "../../src/telemetry/log/log.ts";
import { openLog } from "../../src/telemetry/log/open-log.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

/** A process that logs 50,000 lines to stderr without a pause, and exits at once. */
const scheduler = new FakeScheduler();
const writer = new LineWriter({ scheduler, write: writeTo(openLog(2)), pause: pauseThread });
const log = new Log({
  scheduler,
  writer,
  level: "info",
  format: "json",
  colours: false,
  journal: false,
  replica: "chatty",
  state: () => "Init",
});
for (let index = 0; index < 50_000; index += 1) log.write("info", "line", "one of many", { index });
writer.flush(1000);
process.exit(7);
