import { join } from "node:path";
import { docker, get, tryDocker, until } from "./docker.ts";

const repository = join(import.meta.dir, "../..");

/** What /leader of a replica tells. */
export interface Role {
  readonly isLeader: boolean;
  readonly epoch: string | null;
}

export interface Container {
  readonly name: string;
  /** The port of this host at which the replica answers. */
  readonly port: string;
}

/** The compose project as it stands in the repository, under a name of its own. */
export class Project implements AsyncDisposable {
  readonly #name = "election-containers-test";

  compose(...parts: readonly string[]): Promise<string> {
    return docker("compose", "--project-directory", repository, "-p", this.#name, ...parts);
  }

  /** Ends everything that it started, volumes and all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose("--profile", "monitoring", "down", "--volumes", "--timeout", "12");
  }

  /** The replicas that are running; one that is about to end has no port any more. */
  async replicas(): Promise<readonly Container[]> {
    const ids = (await this.compose("ps", "--quiet", "election")).split("\n").filter(Boolean);
    const containers = await Promise.all(
      ids.map(async (id) => {
        const name = await inspect(id, "{{.Name}}");
        const { exitCode, stdout } = await tryDocker("port", id, "8080/tcp");
        const port = stdout.trim().split(":").at(-1) ?? "";
        return exitCode === 0 ? [{ name: name.replace(/^\//, ""), port }] : [];
      }),
    );
    return containers.flat();
  }

  /** The one replica that leads a higher epoch than `above`, once it does, with the epoch. */
  async leader(limitMs: number, above = 0n): Promise<{ leader: Container; epoch: bigint }> {
    const replicas = await this.replicas();
    return await until(`one leader above epoch ${above}`, limitMs, async () => {
      const roles = await Promise.all(replicas.map(roleOf));
      const leading = roles.flatMap((role, index) => {
        const leader = replicas[index];
        return role?.isLeader && leader !== undefined
          ? [{ leader, epoch: BigInt(role.epoch ?? 0) }]
          : [];
      });
      const [found] = leading.filter(({ epoch }) => epoch > above);
      return leading.length === 1 ? found : undefined;
    });
  }

  /** The names of the leader's files on their volume: the image has no shell to list them with. */
  async files(): Promise<readonly string[]> {
    const [replica] = await this.replicas();
    const path = `${replica?.name}:/var/lib/election/files`;
    const copying = Bun.spawn(["docker", "cp", path, "-"], { stdout: "pipe" });
    const listing = Bun.spawn(["tar", "-t"], { stdin: copying.stdout, stdout: "pipe" });
    const text = await new Response(listing.stdout).text();
    return text
      .split("\n")
      .map((line) => line.replace(/^files\//, ""))
      .filter((name) => name.endsWith(".json"))
      .toSorted();
  }

  async logs(container: Container): Promise<string> {
    const reading = Bun.spawn(["docker", "logs", container.name], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const texts = [reading.stdout, reading.stderr].map((stream) => new Response(stream).text());
    return (await Promise.all(texts)).join("");
  }
}

export async function roleOf({ port }: Container): Promise<Role | undefined> {
  const answer = await get(`http://127.0.0.1:${port}/leader`);
  return answer && (JSON.parse(answer.body) as Role);
}

/** One field of what docker knows about a container. */
export function inspect(container: string, format: string): Promise<string> {
  return docker("inspect", "--format", format, container);
}

/** `starting`, `healthy` or `unhealthy`; `missing` for a container that is not running. */
export async function healthOf({ name }: Container): Promise<string> {
  const state = await inspect(name, "{{.State.Status}}");
  return state === "running" ? await inspect(name, "{{.State.Health.Status}}") : "missing";
}
