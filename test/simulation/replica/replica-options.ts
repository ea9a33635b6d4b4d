import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import type { ElectionEvent } from "../../../src/election/ports/observer.ts";
import type { Referee } from "../referee/referee.ts";
import type { Settings, SimulatedConfig } from "../settings.ts";
import type { Timeline } from "../timeline.ts";
import type { Random } from "../world/random.ts";
import type { SimulatedDirectory } from "../world/simulated-directory.ts";
import type { SimulatedMachine } from "../world/simulated-machine.ts";
import type { SimulatedNetwork } from "../world/simulated-network.ts";
import type { Hooks } from "./replica-commands.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** What all replicas share. */
export interface ReplicaWorld {
  readonly timeline: Timeline;
  readonly network: SimulatedNetwork;
  readonly referee: Referee;
  readonly random: Random;
  /** The session that owns the leader node of an epoch; undefined once it is gone. */
  readonly ownerOf: (epoch: Epoch) => string | undefined;
  readonly tell: (who: string, text: string) => void;
  readonly heard: (replica: SimulatedReplica, event: ElectionEvent) => void;
}

/** One replica, over all of its lives. */
export interface ReplicaOptions {
  readonly world: ReplicaWorld;
  readonly host: string;
  readonly machine: SimulatedMachine;
  readonly directory: SimulatedDirectory;
  /** Whether the directory is on its machine's own disk, and loses power with it. */
  readonly hasOwnDisk: boolean;
  readonly config: SimulatedConfig;
  readonly command: Settings["command"];
  readonly hooks: Hooks;
  /** When the faults have ended. */
  readonly calmAtMs: number;
  readonly rate: number;
  /** By how much a time daemon slews the ordinary clock at first. */
  readonly slew: number;
}
