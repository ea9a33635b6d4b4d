import { expect, test } from "bun:test";
import { campaign } from "./campaign.ts";
import { converse, honestCase } from "./targets/conversation.ts";
import { targets } from "./targets/targets.ts";
import { watchdog } from "./watchdog.ts";

// Always the same cases: what gates a change must not depend on the dice. `make fuzz` throws them.
const seed = 20_260_101;
const cases = 40_000;

test("fuzz: nothing that a stranger sends breaks a reader", async () => {
  const dog = watchdog();
  const reports = await campaign({
    targets,
    cases,
    seed,
    begins: (target) => dog.watch(`${target}, CASES=${cases} SEED=${seed}`),
    beat: () => dog.beat(),
  });
  dog.stop();
  const failures = reports.filter(({ failure }) => failure !== undefined);
  expect(failures.map(({ target, failure }) => `${target}: ${failure}`)).toEqual([]);
  const played = reports.reduce((sum, report) => sum + report.cases, 0);
  expect(played).toBeGreaterThanOrEqual(cases);
}, 60_000);

test("fuzz: honest servers are understood, so that the moves of hostile ones reach deep", async () => {
  const outcomes = await converse(honestCase);
  expect(outcomes.length).toBe(honestCase.asked.length);
  // The second create was refused when the conversation was recorded.
  expect(outcomes.filter((outcome) => outcome !== "ok")).toEqual(["node-exists"]);
});
