import type { Seat } from "../../integration/zookeeper-server.ts";
import { command } from "./command.ts";

/**
 * A network namespace for each server, inside the one that we run in (see in-namespaces). A server
 * has two wires: one leads to us, its clients; the other to a bridge that the servers talk over.
 * So a server can be cut off from its peers while its clients still reach it.
 */
export class Network {
  readonly seats: readonly Seat[];

  /** @param size how many servers, at most 60 */
  constructor(size: number) {
    command("ip", "link", "set", "lo", "up");
    // Names of namespaces are files below /run; ours shall be nobody else's.
    command("mount", "-t", "tmpfs", "tmpfs", "/run");
    command("ip", "link", "add", "peers", "type", "bridge");
    command("ip", "link", "set", "peers", "up");
    this.seats = Array.from({ length: size }, (_, index) => seat(index));
  }

  /** Cuts a server off from its peers. Nobody is told: packets just do not arrive any more. */
  isolate(index: number): void {
    command("ip", "link", "set", `peer${index}`, "nomaster");
  }

  /** Lets it talk to its peers again. */
  rejoin(index: number): void {
    command("ip", "link", "set", `peer${index}`, "master", "peers");
  }
}

function seat(index: number): Seat {
  const space = `server${index}`;
  const [ours, clientHost] = [`10.99.${index}.1`, `10.99.${index}.2`];
  const peerHost = `10.98.0.${index + 1}`;
  const inside = (...parts: readonly string[]): void => command("ip", "-n", space, ...parts);

  command("ip", "netns", "add", space);
  inside("link", "set", "lo", "up");

  command("ip", "link", "add", `client${index}`, "type", "veth", "peer", "clients", "netns", space);
  command("ip", "addr", "add", `${ours}/24`, "dev", `client${index}`);
  command("ip", "link", "set", `client${index}`, "up");
  inside("addr", "add", `${clientHost}/24`, "dev", "clients");
  inside("link", "set", "clients", "up");

  command("ip", "link", "add", `peer${index}`, "type", "veth", "peer", "peers", "netns", space);
  command("ip", "link", "set", `peer${index}`, "master", "peers", "up");
  inside("addr", "add", `${peerHost}/24`, "dev", "peers");
  inside("link", "set", "peers", "up");

  return { clientHost, peerHost, command: ["nsenter", `--net=/run/netns/${space}`] };
}
