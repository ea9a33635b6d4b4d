import { openSync, writeSync } from "node:fs";
import { LinuxProcesses } from "../../src/exec/supervisor/linux-processes.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";

/** One child is looked for so often: a kill is dealt with in far less time. */
const rounds = 200;
const pauseMs = 10;
const never = new AbortController().signal;

/** Takes every descriptor that this process may have, and tells what can be done without one. */
const scheduler = new RealScheduler();
const processes = new LinuxProcesses({ environment: process.env, inherited: [] });
const started = processes.start({
  command: ["sleep", "60"],
  environment: {},
  inheritsLock: false,
  untilMs: 0,
  stopSignal: "SIGTERM",
  limits: { stopTimeoutMs: 0, killMarginMs: 0 },
});
const clockSteps: number[] = [];
const suspendedMs = scheduler.suspendedMs();
takeAllDescriptors();
// A clock of whole seconds can be right at one moment, but not half a second later too.
for (let time = 0; time < 2; time += 1) {
  clockSteps.push(scheduler.suspendedMs() - suspendedMs);
  await scheduler.sleep(500, never);
}
for (let round = 0; round < rounds && processes.anyLives(); round += 1) {
  processes.kill();
  await scheduler.sleep(pauseMs, never);
}
const isLeft = processes.anyLives();
if (started.kind === "started" && isLeft) process.kill(started.pid, "SIGKILL");
const clockStepMs = Math.max(...clockSteps.map(Math.abs));
writeSync(1, `${JSON.stringify({ started: started.kind, isLeft, clockStepMs })}\n`);
process.exit();

function takeAllDescriptors(): void {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // That was the last one.
  }
}
