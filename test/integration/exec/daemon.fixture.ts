import { later } from "../../../src/base/scheduler.ts";
import { SupervisedCommands } from "../../../src/exec/supervisor/supervised-commands.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { FakeProcesses } from "../../fake/processes.ts";

/** What a daemon does with one command. It renews for every line of stdin, and stops at its end. */
interface Order {
  readonly supervisor: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const leaseMs = 20_000;
const { supervisor, command, environment } = JSON.parse(process.argv[2] ?? "") as Order;
const scheduler = new RealScheduler();
const commands = new SupervisedCommands({
  scheduler,
  // What is left is the supervisor's to kill, not ours.
  processes: new FakeProcesses(),
  supervisor,
  command,
  environment,
  lock: undefined,
  stopSignal: "SIGTERM",
  limits: () => ({ stopTimeoutMs: 500, killMarginMs: 500 }),
  output: undefined,
});
const running = commands.start({ until: later(scheduler.now(), leaseMs), environment: {} });
void running.ended.then((end) => {
  process.stdout.write(`${JSON.stringify(end)}\n`);
});
for await (const _ of console) running.extend(later(scheduler.now(), leaseMs));
running.stop();
await running.ended;
