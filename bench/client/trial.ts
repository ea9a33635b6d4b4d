import { Relay } from "../../test/chaos/arena/relay.ts";
import type { ZooKeeperServer } from "../../test/integration/zookeeper-server.ts";
import type { ContenderName, Contenders } from "./contender.ts";
import { measureContender } from "./contender-process.ts";
import type { Answer, MeasureName, Wish } from "./protocol.ts";
import type { WatchedNodes } from "./watched-nodes.ts";

/** A measure with its size: what every contender goes through once in a round. */
export interface Trial {
  readonly measure: MeasureName;
  readonly count: number;
}

export interface Scene {
  /** All contenders are connected to this one, so that none is nearer to the leader. */
  readonly server: ZooKeeperServer;
  readonly nodes: WatchedNodes;
  readonly contenders: Contenders;
  readonly signal: AbortSignal;
}

/** Plays one trial with one contender, in a new process and a new session. */
export async function play(
  { server, nodes, contenders, signal }: Scene,
  { measure, count }: Trial,
  contender: ContenderName,
): Promise<Answer> {
  // Only what is to be cut goes over a relay.
  await using relay = measure === "reconnect" ? await Relay.open(server.address) : undefined;
  const { host, port } = server.address;
  const program = contenders.get(contender)?.(relay?.address ?? `${host}:${port}`) ?? [];
  const path = measure === "single" ? await nodes.emptyParent() : nodes.path;
  const grant = async (wish: Wish): Promise<void> => {
    if (wish === "cut") relay?.reset();
    else await nodes.write(count);
  };
  // Awaited here, or the relay would be gone before it begins.
  return await measureContender(program, { measure, path, count }, grant, signal);
}
