import { strict as assert } from "node:assert";
import { kill } from "node:process";
import { docker, get, tryDocker, until } from "./docker.ts";
import { healthOf, inspect, Project, roleOf } from "./project.ts";

/**
 * Brings the containers up as compose.yml has them, and checks what an operator would: one leader,
 * hand-over on `docker stop`, crash release, health, files, metrics. It takes the ports that
 * compose.yml names, removes all that it made, and exits with 1 at the first thing that is not so.
 */

/** The session timeout of the replicas: what a crash costs without the crash release. */
const sessionTimeoutMs = 10_000;
const project = new Project();

process.exit(await main());

async function main(): Promise<number> {
  const checks = [
    comesUp,
    image,
    handsOverOnStop,
    restartsAfterCrash,
    releasesAfterKill,
    tellsHealth,
    scales,
    metrics,
    pages,
  ];
  try {
    await using _project = project;
    for (const check of checks) {
      const start = performance.now();
      const detail = await check();
      tell(`ok    ${((performance.now() - start) / 1_000).toFixed(1).padStart(5)} s  ${detail}`);
    }
    tell(`${checks.length} checks passed`);
    return 0;
  } catch (error) {
    tell(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function comesUp(): Promise<string> {
  const up = ["up", "--build", "--detach", "--wait", "--wait-timeout", "180"];
  await project.compose("--profile", "monitoring", ...up);
  const replicas = await project.replicas();
  assert.equal(replicas.length, 3);
  for (const replica of replicas) assert.equal(await healthOf(replica), "healthy");
  const { epoch } = await project.leader(sessionTimeoutMs);
  const files = await until("a file of the leader", 15_000, async () => {
    const names = await project.files();
    return names.some((name) => BigInt(name.split("-")[0] ?? 0) === epoch) ? names : undefined;
  });
  return `up with three replicas, one leader (epoch ${epoch}), ${files.length} files on the volume`;
}

async function image(): Promise<string> {
  const [replica] = await project.replicas();
  const name = replica?.name ?? "";
  assert.equal(await inspect(name, "{{.HostConfig.ReadonlyRootfs}}"), "true");
  assert.equal(await inspect(name, "{{.HostConfig.CapDrop}}"), "[ALL]");
  assert.equal(await inspect(name, "{{.Config.User}}"), "65532:65532");
  const shell = await tryDocker("run", "--rm", "--entrypoint", "/bin/sh", "election", "-c", ":");
  assert.notEqual(shell.exitCode, 0, "the image has a shell");
  const size = Number(await docker("image", "inspect", "--format", "{{.Size}}", "election"));
  const version = await docker(
    "run",
    "--rm",
    "--read-only",
    "--user",
    "12345",
    "election",
    "--version",
  );
  return `${version}, image of ${(size / 1e6).toFixed(0)} MB, no shell, read-only root, any user`;
}

async function handsOverOnStop(): Promise<string> {
  const before = await project.leader(sessionTimeoutMs);
  const stopping = docker("stop", before.leader.name);
  const start = performance.now();
  const after = await project.leader(3_000, before.epoch);
  const took = performance.now() - start;
  await stopping;
  assert.equal(await inspect(before.leader.name, "{{.State.ExitCode}}"), "0");
  assert.notEqual(after.leader.name, before.leader.name);
  await docker("start", before.leader.name);
  await allHealthy();
  return `docker stop of the leader: exit code 0, the next leads after ${took.toFixed(0)} ms`;
}

/** The process dies by itself, as far as Docker knows: the restart policy brings it back. */
async function restartsAfterCrash(): Promise<string> {
  const before = await project.leader(sessionTimeoutMs);
  const restarts = await inspect(before.leader.name, "{{.RestartCount}}");
  kill(Number(await inspect(before.leader.name, "{{.State.Pid}}")), "SIGKILL");
  const start = performance.now();
  const after = await project.leader(sessionTimeoutMs / 2, before.epoch);
  const took = performance.now() - start;
  assert.ok(await isReleased(before.epoch));
  assert.ok((await inspect(before.leader.name, "{{.RestartCount}}")) > restarts);
  await allHealthy();
  const same = after.leader.name === before.leader.name ? "itself" : "another";
  return `SIGKILL of the leader: restarted, released, ${same} leads after ${took.toFixed(0)} ms`;
}

/** Docker restarts nothing that was killed by its own command: the operator does. */
async function releasesAfterKill(): Promise<string> {
  const before = await project.leader(sessionTimeoutMs);
  await docker("kill", before.leader.name);
  const start = performance.now();
  await docker("start", before.leader.name);
  await project.leader(sessionTimeoutMs / 2, before.epoch);
  const took = performance.now() - start;
  assert.ok(await isReleased(before.epoch));
  await allHealthy();
  return `docker kill and start of the leader: one leads after ${took.toFixed(0)} ms`;
}

/** By whom does not matter: a replica that has just started does it for the others of its host. */
async function isReleased(epoch: bigint): Promise<boolean> {
  const replicas = await project.replicas();
  const logs = await Promise.all(replicas.map((replica) => project.logs(replica)));
  return logs.some((text) => text.includes(`gave up epoch ${epoch}`));
}

async function tellsHealth(): Promise<string> {
  const servers = ["zk1", "zk2", "zk3"];
  const before = await project.leader(sessionTimeoutMs);
  await project.compose("stop", ...servers);
  await until("no replica is healthy", 60_000, async () => {
    const replicas = await project.replicas();
    const health = await Promise.all(replicas.map(healthOf));
    return health.includes("healthy") ? undefined : true;
  });
  await project.compose("start", ...servers);
  await allHealthy();
  const { epoch } = await project.leader(2 * sessionTimeoutMs, before.epoch);
  return `without servers no replica is healthy; with them all are, and one leads epoch ${epoch}`;
}

async function scales(): Promise<string> {
  await project.compose("up", "--detach", "--wait", "--no-recreate", "--scale", "election=5");
  const replicas = await project.replicas();
  assert.equal(replicas.length, 5);
  const roles = await Promise.all(replicas.map(roleOf));
  assert.equal(roles.filter((role) => role?.isLeader).length, 1);
  return "scaled to five replicas, one of which leads";
}

async function metrics(): Promise<string> {
  const sum = await until("Prometheus sees five replicas and one leader", 60_000, async () => {
    const [replicas, leaders] = await Promise.all([
      query("count(election_is_leader)"),
      query("sum(election_is_leader)"),
    ]);
    return replicas === "5" && leaders === "1" ? leaders : undefined;
  });
  const rules = await get("http://127.0.0.1:9090/api/v1/rules");
  assert.ok(rules?.body.includes("ElectionTwoLeaders"));
  return `Prometheus scrapes five replicas, counts ${sum} leader, and has the alerts`;
}

async function query(expression: string): Promise<string | undefined> {
  const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await get(url);
  if (answer?.status !== 200) return undefined;
  const { data } = JSON.parse(answer.body) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  return data.result[0]?.value[1];
}

async function pages(): Promise<string> {
  for (const [name, port] of [
    ["ZooNavigator", 9000],
    ["Grafana", 3000],
  ]) {
    const answer = await get(`http://127.0.0.1:${port}/`);
    assert.ok(answer !== undefined && answer.status < 400, `${name} does not answer`);
  }
  return "ZooNavigator and Grafana answer at their ports";
}

async function allHealthy(): Promise<void> {
  await until("every replica is healthy", 60_000, async () => {
    const health = await Promise.all((await project.replicas()).map(healthOf));
    return health.every((one) => one === "healthy") ? true : undefined;
  });
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
