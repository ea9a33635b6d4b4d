import { expect, test } from "bun:test";
import type { Duty, DutyEnd, Mandate } from "../../src/election/ports/duty.ts";
import type { ExitStatus } from "../../src/election/exit-status.ts";
import { run } from "../../src/election/machine.ts";
import { RepairBudget } from "../../src/election/repair-budget.ts";
import { StepDown } from "../../src/election/step-down.ts";
import type { StateName } from "../../src/election/transitions.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { MemoryReplica } from "../fake/memory/memory-replica.ts";
import { MemoryService, memoryTiming } from "../fake/memory/memory-service.ts";

const effectEveryMs = 50;

/** One effect of a leader. */
interface Effect {
  readonly replica: string;
  readonly epoch: bigint;
}

/** Replicas that run by the rules, on one service in memory. */
class Cluster {
  readonly scheduler = new FakeScheduler();
  /** What was done, in the order of time. */
  readonly effects: Effect[] = [];
  readonly #service = new MemoryService(this.scheduler);

  start(id: string) {
    const replica = new MemoryReplica(id, this.#service, this.scheduler);
    const stop = new AbortController();
    const stepDown = new StepDown();
    const status = run({
      scheduler: this.scheduler,
      coordinator: replica,
      duty: this.#dutyOf(id),
      observer: replica.events,
      budget: new RepairBudget(() => 100),
      dutyEndMs: 0,
      dutyProblem: undefined,
      timings: { attempterTimeoutMs: 5_000, failoverTimeoutMs: 200, stopTimeoutMs: 5_000 },
      stepDown,
      stop: stop.signal,
    });
    const state = (): StateName => replica.events.of("transition").at(-1)?.to ?? "Init";
    const ends = async (): Promise<ExitStatus> => {
      stop.abort();
      await this.scheduler.advance(1_000);
      return await status;
    };
    return { id, replica, stepDown, state, ends };
  }

  #dutyOf(replica: string): Duty {
    return {
      prove: () => Promise.resolve({ kind: "proved", fence: undefined }),
      lead: async (mandate: Mandate, signal: AbortSignal): Promise<DutyEnd> => {
        while (!signal.aborted) {
          if (mandate.mayAct()) this.effects.push({ replica, epoch: mandate.epoch });
          await this.scheduler.sleep(effectEveryMs, signal);
        }
        return { kind: "stopped" };
      },
    };
  }
}

test("several replicas: one leads, and leadership goes from hand to hand without an overlap", async () => {
  const cluster = new Cluster();
  const { scheduler, effects } = cluster;
  const replicas = ["a", "b", "c"].map((id) => cluster.start(id));
  const leaders = () => replicas.filter(({ state }) => state() === "Leader");
  await scheduler.advance(1_000);
  const [first, ...more] = leaders();
  if (first === undefined) throw new Error("nobody leads");
  expect(more).toEqual([]);

  // Asked to step down it makes room at once, and stands at the end of the line.
  first.stepDown.request();
  await scheduler.advance(200);
  const [second] = leaders();
  if (second === undefined) throw new Error("nobody leads after the step-down");
  expect(second.id).not.toBe(first.id);

  // Cut off it ends by its own clock, and the next one waits for that.
  second.replica.cut();
  await scheduler.advance(memoryTiming.sessionTimeoutMs + 1_000);
  const [third] = leaders();
  expect(leaders()).toHaveLength(1);
  expect(third?.id).not.toBe(second.id);
  second.replica.heal();
  await scheduler.advance(5_000);
  expect(second.state()).toBe("Attempter");

  // One that stops hands over in a moment.
  const status = await third?.ends();
  expect(status).toMatchObject({ code: 0, clean: true });
  expect(leaders()).toHaveLength(1);

  const epochs = effects.map(({ epoch }) => epoch);
  expect(epochs).toEqual(epochs.toSorted((one, other) => Number(one - other)));
  const byEpoch = new Map(effects.map(({ epoch, replica }) => [epoch, replica]));
  expect(effects.every(({ epoch, replica }) => byEpoch.get(epoch) === replica)).toBe(true);
  expect(byEpoch.size).toBe(4);
  for (const replica of replicas) if (replica !== third) await replica.ends();
  await scheduler.advance(memoryTiming.sessionTimeoutMs);
  expect(scheduler.sleeping).toBe(0);
});
