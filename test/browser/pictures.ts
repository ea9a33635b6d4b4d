import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { firstLeader } from "../integration/replica.ts";
import { Chromium } from "./chromium.ts";
import { openScene } from "./scene.ts";

/**
 * Takes pictures of the page after a hand-over, of the leader and of a follower, light and dark,
 * wide and narrow: for eyes. One of them is the README's.
 */
const root = join(import.meta.dir, "../..");
const directory = process.argv[2] ?? join(root, "dist/pictures");
mkdirSync(directory, { recursive: true });

await using scene = await openScene();
await using chromium = await Chromium.start();
const first = scene.leader;
first.kill("SIGTERM");
const leader = await firstLeader(scene.current().filter((replica) => replica !== first));
await first.exited;
const follower = scene.restart(first);
await follower.line("follows", ({ event }) => event === "attempt");
for (let files = 0; files < 4; files += 1) await leader.writes(leader.lines.length);

for (const replica of [leader, follower]) {
  const role = replica === leader ? "leader" : "follower";
  for (const scheme of ["light", "dark"] as const) {
    for (const [size, width, height] of [
      ["wide", 1280, 800],
      ["narrow", 375, 812],
    ] as const) {
      await chromium.open(scene.pageOf(replica), { width, height, scheme });
      await chromium.until("the line", `document.querySelectorAll("#line li").length === 3`);
      const name = join(directory, `${role}-${size}-${scheme}.png`);
      await Bun.write(name, await chromium.picture("page"));
    }
  }
}
await chromium.open(scene.pageOf(leader), { width: 1180, height: 690, scheme: "light" });
await chromium.until("the line", `document.querySelectorAll("#line li").length === 3`);
await chromium.until(
  "the lease's bar at rest",
  `Math.abs(document.querySelector("#lease-fill").getBoundingClientRect().width /
    document.querySelector("#lease-bar").clientWidth -
    document.querySelector("#lease-fill").style.getPropertyValue("--share")) < 0.02`,
);
await Bun.write(join(root, "docs/page.png"), await chromium.picture("window"));
