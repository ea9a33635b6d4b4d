import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, must, until } from "./docker.ts";

/**
 * Debian with systemd as its first process. In a container its control groups are mounted
 * read-only, so a line of shell makes them writable before it starts.
 */
const dockerfile = `
FROM debian:12
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends systemd systemd-sysv dbus && rm -rf /var/lib/apt/lists/* && \
  systemctl mask systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
    getty@tty1.service console-getty.service sys-kernel-config.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount dev-hugepages.mount && \
  systemctl set-default multi-user.target && rm -f /etc/machine-id && touch /etc/machine-id
ENV container=docker
STOPSIGNAL SIGRTMIN+3
CMD ["/bin/sh", "-c", "awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/mounts | while read -r at; do \
  mount -o remount,bind,rw,nosuid,nodev,noexec \\"$at\\"; done; exec /lib/systemd/systemd"]
`;
const builtImage = "election-systemd-host";
const serverImage = process.env["ZOOKEEPER_IMAGE"] ?? "zookeeper:3.9";
const patienceMs = 120_000;

/** What `systemctl show` says of a unit, by property. */
export type Properties = Readonly<Record<string, string>>;

/** One entry of the journal. */
export interface Entry {
  readonly PRIORITY: string;
  readonly MESSAGE: string;
  readonly _SYSTEMD_UNIT?: string;
}

/** A host with a real systemd, and a ZooKeeper server beside it: gone when disposed. */
export class Stage implements Disposable {
  readonly #name = `sd-election-${process.pid}`;
  readonly #host = `${this.#name}-host`;
  readonly #server = `${this.#name}-zookeeper`;

  /** The server's address, as the host's replicas reach it. */
  get servers(): string {
    return `${this.#server}:2181`;
  }

  async open(): Promise<void> {
    const image = process.env["SYSTEMD_IMAGE"] ?? this.#build();
    must(["docker", "network", "create", this.#name]);
    const names = `--name=${this.#host} --hostname=host --network=${this.#name}`;
    const rights =
      "--cap-add=SYS_ADMIN --cap-add=NET_ADMIN --cap-add=SYS_PTRACE --cgroupns=private " +
      "--security-opt=seccomp=unconfined --security-opt=apparmor=unconfined";
    const mounts = "--tmpfs=/run --tmpfs=/run/lock --tmpfs=/tmp:exec,mode=1777";
    must(`docker run --detach ${names} ${rights} ${mounts} ${image}`.split(" "));
    await this.#isUp();
  }

  /** Installs what `make install` installs. */
  install(): void {
    const tree = mkdtempSync(join(tmpdir(), "election-install-"));
    try {
      must(["make", "--no-print-directory", "install", `DESTDIR=${tree}`]);
      must(["docker", "cp", `${tree}/.`, `${this.#host}:/`]);
    } finally {
      rmSync(tree, { recursive: true });
    }
    this.run("chown", "-R", "root:root", "/etc/election", "/usr/local");
    this.run("systemd-sysusers");
    this.run("systemctl", "daemon-reload");
  }

  startServer(): void {
    const network = ["--network", this.#name];
    must(["docker", "run", "--detach", "--name", this.#server, ...network, serverImage]);
  }

  async reboot(): Promise<void> {
    must(["docker", "restart", this.#host]);
    await this.#isUp();
  }

  /** Runs a program on the host to its good end. */
  run(...parts: readonly string[]): string {
    return must(["docker", "exec", this.#host, ...parts]);
  }

  try(...parts: readonly string[]) {
    return attempt(["docker", "exec", this.#host, ...parts]);
  }

  write(path: string, lines: readonly string[]): void {
    const script = `mkdir -p "$(dirname "$0")" && cat >"$0"`;
    const text = `${lines.join("\n")}\n`;
    must(["docker", "exec", "-i", this.#host, "sh", "-c", script, path], text);
  }

  /** Copies a program of ours to the host. */
  copy(from: string, to: string): void {
    must(["docker", "cp", from, `${this.#host}:${to}`]);
    this.run("chmod", "755", to);
  }

  show(unit: string): Properties {
    const lines = this.run("systemctl", "show", unit).split("\n");
    return Object.fromEntries(
      lines.map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  }

  /** The journal's entries that the options of journalctl choose. */
  journal(...options: readonly string[]): readonly Entry[] {
    const text = this.run("journalctl", "--no-pager", "--output=json", ...options);
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Entry);
  }

  [Symbol.dispose](): void {
    attempt(["docker", "rm", "--force", "--volumes", this.#host, this.#server]);
    attempt(["docker", "network", "rm", this.#name]);
  }

  #build(): string {
    must(["docker", "build", "--tag", builtImage, "-"], dockerfile);
    return builtImage;
  }

  async #isUp(): Promise<void> {
    await until("systemd comes up", patienceMs, () =>
      ["running", "degraded"].includes(this.try("systemctl", "is-system-running").stdout),
    );
  }
}
