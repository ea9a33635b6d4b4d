import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { binary } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
const stage = ServerStage.open("default-directory");

async function contentOf(directory: string): Promise<unknown> {
  for (;;) {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    const name = names.find((each) => each.endsWith(".json"));
    if (name !== undefined) return JSON.parse(readFileSync(join(directory, name), "utf8"));
    await Bun.sleep(50);
  }
}

test(
  "daemon: two services that are started with defaults write beside each other",
  async () => {
    const paths = ["a", "b"].map((name) => `${stage.zkPath}-${process.pid}/${name}`);
    const directories = paths.map((path) => `/tmp/election/${path.slice(1).replace("/", "%2F")}`);
    const services = paths.map((path) =>
      Bun.spawn([binary, `--zk-servers=${stage.servers}`, `--zk-path=${path}`], {
        env: {},
        cwd: stage.path(),
        stderr: "ignore",
        stdout: "ignore",
      }),
    );
    try {
      const contents = await Promise.all(directories.map(contentOf));
      expect(contents).toMatchObject(paths.map((service) => ({ service })));
      for (const service of services) service.kill("SIGTERM");
      expect(await Promise.all(services.map(async ({ exited }) => exited))).toEqual([0, 0]);
    } finally {
      for (const service of services) service.kill("SIGKILL");
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    }
  },
  limitMs,
);
