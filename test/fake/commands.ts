import type { CommandEnd, Commands, Order, RunningCommand } from "../../src/exec/commands.ts";
import type { Instant } from "../../src/base/scheduler.ts";

/** Commands that end when the test says so; each says what happened to it. */
export class FakeCommands implements Commands {
  readonly journal: string[] = [];
  readonly orders: Order[] = [];
  missing: string | undefined;
  /** Whether a command obeys `stop` by itself. */
  obeys = true;
  #ending = Promise.withResolvers<CommandEnd>();

  problem(): string | undefined {
    return this.missing;
  }

  start(order: Order): RunningCommand {
    this.orders.push(order);
    this.journal.push("start");
    this.#ending = Promise.withResolvers<CommandEnd>();
    return {
      ended: this.#ending.promise,
      extend: (until: Instant) => this.journal.push(`extend ${until}`),
      stop: () => {
        this.journal.push("stop");
        if (this.obeys) this.end({ kind: "stopped", cause: "asked" });
      },
    };
  }

  end(end: CommandEnd): void {
    this.#ending.resolve(end);
  }
}
