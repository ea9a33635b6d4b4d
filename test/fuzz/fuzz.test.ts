import { expect, test } from "bun:test";
import { campaign } from "./campaign.ts";
import { converse, honestCase } from "./conversation.ts";
import { targets } from "./targets.ts";

// Always the same cases: what gates a change must not depend on the dice. `make fuzz` throws them.
const seed = 20_260_101;
const cases = 60_000;

test("fuzz: nothing that a stranger sends breaks a reader", async () => {
  const reports = await campaign({ targets, cases, seed });
  const failures = reports.filter(({ failure }) => failure !== undefined);
  expect(failures.map(({ target, failure }) => `${target}: ${failure}`)).toEqual([]);
  const played = reports.reduce((sum, report) => sum + report.cases, 0);
  expect(played).toBeGreaterThanOrEqual(cases);
}, 60_000);

test("fuzz: honest servers are understood, so that the moves of hostile ones reach deep", async () => {
  // One operation meets the refusal that was recorded for it.
  expect(await converse(honestCase)).toBeGreaterThanOrEqual(honestCase.asked.length - 1);
});
