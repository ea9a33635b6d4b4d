/**
 * Runs the units of deploy/ under a real systemd, in containers, and checks what docs/systemd.md
 * promises. It prints what it saw; exit code 1 and the reason when something was not so.
 *
 * SYSTEMD_IMAGE and ZOOKEEPER_IMAGE name images to be used instead of the usual ones.
 */
import { checks } from "./checks.ts";
import { commandChecks } from "./command-checks.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
process.on("SIGINT", () => {
  stage[Symbol.dispose]();
  process.exit(130);
});
process.exitCode = await run();

async function run(): Promise<number> {
  using _stage = stage;
  let doing = "the stage is set up";
  try {
    await stage.open();
    stage.install();
    for (const [what, check] of [...checks, ...commandChecks]) {
      doing = what;
      const seen = await check(stage);
      process.stdout.write(`ok    ${what}${seen === "" ? "" : `: ${seen}`}\n`);
    }
    return 0;
  } catch (error) {
    process.stdout.write(`FAIL  ${doing}: ${error instanceof Error ? error.message : "?"}\n`);
    const journal = stage.try("journalctl", "--no-pager", "--lines=60", "--unit=election*");
    process.stdout.write(`${journal.stdout}\n`);
    return 1;
  }
}
