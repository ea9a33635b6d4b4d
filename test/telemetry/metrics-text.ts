import { Exposition } from "../../src/telemetry/metrics/exposition.ts";
import { Telemetry } from "../../src/telemetry/telemetry.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { self, metricsOf } from "./fixture.ts";

/** What /metrics answers of a replica that has just started: every metric that there is. */
export async function metricsText(): Promise<string> {
  await using telemetry = new Telemetry({
    scheduler: new FakeScheduler(),
    exposition: Exposition,
    write: (bytes) => bytes.length,
    logLevel: "error",
    logFormat: "json",
    colours: false,
    journal: false,
    self: () => self,
    version: "0.0.0",
    coordinatorName: "fake",
    settings: () => [],
    failover: () => [],
    pending: { timers: () => 0, requests: () => 0 },
  });
  return await metricsOf(telemetry);
}
