import { spawn } from "node:child_process";
import { once } from "node:events";
import { LinuxProcesses } from "../../../src/exec/supervisor/linux-processes.ts";

/*
 * What a daemon does when its supervisor was killed: it sweeps away what it has inherited. The
 * script hides /proc, and says a line when its processes are there. Tells how long the sweep took,
 * and for how long at most nobody else could run.
 */

const processes = new LinuxProcesses({ environment: {}, inherited: [] });
const supervisor = spawn("python3", ["-c", process.argv[2] ?? ""], {
  stdio: ["ignore", "pipe", 2],
});
if (supervisor.stdout !== null) await once(supervisor.stdout, "data");
supervisor.kill("SIGKILL");
await once(supervisor, "exit");

const startedAt = performance.now();
let longestMs = 0;
const inherited = processes.anyLives();
while (processes.anyLives()) {
  const before = performance.now();
  processes.kill(supervisor.pid);
  longestMs = Math.max(longestMs, performance.now() - before);
  await Bun.sleep(10);
}
const sweptMs = performance.now() - startedAt;
process.stdout.write(`${JSON.stringify({ inherited, longestMs, sweptMs })}\n`);
process.exit(0);
