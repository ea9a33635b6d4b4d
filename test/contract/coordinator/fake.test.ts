import { test } from "bun:test";
import { FakeScheduler } from "../../fake/scheduler.ts";
import { MemoryReplica } from "../../fake/memory/memory-replica.ts";
import { MemoryService, memoryTiming } from "../../fake/memory/memory-service.ts";
import { contract } from "./clauses.ts";
import { Play } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";

const limitMs = 120_000;
const stepMs = 5;

test.each(contract)("contract, fake: $name", async ({ check }) => {
  await onFake(check);
});

async function onFake(check: CoordinatorClause["check"]): Promise<void> {
  const scheduler = new FakeScheduler();
  const service = new MemoryService(scheduler);
  const play = new Play({
    replica: (id) => new MemoryReplica(id, service, scheduler),
    scheduler,
    slackMs: 20,
    forgottenMs: memoryTiming.sessionTimeoutMs,
  });
  const progress = { over: false };
  const checking = check(play)
    .then(() => play.end())
    .finally(() => {
      progress.over = true;
    });
  // It is awaited below: until then a failure is nobody's.
  checking.catch(() => undefined);
  while (!progress.over && scheduler.now() < limitMs) await scheduler.advance(stepMs);
  if (!progress.over) throw new Error("it waits for something that does not come");
  await checking;
  // What could not be closed runs out.
  await scheduler.advance(memoryTiming.sessionTimeoutMs);
  if (scheduler.sleeping > 0) throw new Error(`${scheduler.sleeping} timers are left`);
}
