import { expect, test } from "bun:test";
import { join } from "node:path";

/** Runs the fixture in a process that may open few files. */
async function withoutDescriptors(): Promise<unknown> {
  const script = 'ulimit -n 64 && exec "$0" "$1"';
  const fixture = join(import.meta.dir, "without-descriptors.fixture.ts");
  const child = Bun.spawn(["bash", "-c", script, process.execPath, fixture], { stderr: "inherit" });
  return JSON.parse(await child.stdout.text());
}

test("without descriptors: boot time goes on, and a command can be killed", async () => {
  const { started, isLeft, clockStepMs } = (await withoutDescriptors()) as Record<string, unknown>;
  expect({ started, isLeft }).toEqual({ started: "started", isLeft: false });
  expect(clockStepMs).toBeLessThan(50);
});
