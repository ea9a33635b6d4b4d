import { expect, test } from "bun:test";
import { Exposition } from "../../src/telemetry/metrics/exposition.ts";
import { Telemetry } from "../../src/telemetry/telemetry.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { life, self, metricsOf } from "../telemetry/fixture.ts";
import { sampleOf } from "./sample.ts";

test("soak: a sample is read off the metrics that a replica gives", async () => {
  const scheduler = new FakeScheduler();
  await using telemetry = new Telemetry({
    scheduler,
    write: (bytes) => bytes.length,
    logLevel: "error",
    logFormat: "json",
    colours: false,
    journal: false,
    self: () => self,
    version: "1.2.3",
    coordinatorName: "fake",
    exposition: Exposition,
    pending: { timers: () => 5, requests: () => 7 },
    settings: () => [],
    failover: () => [],
  });
  const elected = life.findIndex((event) => event.kind === "transition" && event.to === "Leader");
  for (const event of life.slice(0, elected + 1)) telemetry.observer.observe(event);
  const text = await metricsOf(telemetry);
  const sample = sampleOf(text, 42);
  expect(sample).toMatchObject({ at: 42, state: "Leader", timers: 5, requests: 7 });
  expect(sample.residentMiB).toBeGreaterThan(10);
  expect(sample.residentMiB).toBeLessThan(10_000);
  expect(sample.descriptors).toBeGreaterThan(2);
});

test("soak: metrics that lack something are no sample of zeros", () => {
  const complete = [
    'election_state{state="Attempter"} 1',
    "process_resident_memory_bytes 1048576",
    "process_open_fds 9",
    "election_timers_pending 4",
    "election_coordinator_requests_pending 0",
  ];
  expect(sampleOf(complete.join("\n"), 0).residentMiB).toBe(1);
  for (const missing of complete) {
    const rest = complete.filter((line) => line !== missing).join("\n");
    expect(() => sampleOf(rest, 0)).toThrow("the metrics");
  }
});
