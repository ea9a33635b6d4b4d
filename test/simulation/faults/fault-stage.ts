import type { Ensemble } from "../ensemble/ensemble.ts";
import type { SimulatedNetwork } from "../world/simulated-network.ts";
import type { SimulatedReplica } from "../replica/simulated-replica.ts";
import type { Timeline } from "../timeline.ts";

/** What faults work on. */
export interface FaultStage {
  readonly timeline: Timeline;
  readonly basePath: string;
  readonly sessionTimeoutMs: number;
  readonly network: SimulatedNetwork;
  readonly ensemble: Ensemble;
  readonly replicas: readonly SimulatedReplica[];
  /** How far a raw clock's rate may be off: 0.01 is one per cent. */
  readonly rateError: number;
  /** How far a time daemon may slew a clock besides. */
  readonly slewError: number;
  readonly wiped: () => void;
}

/** Ends a fault. */
export type Undo = () => void;
export const nothing: Undo = () => undefined;

/** The replica that takes itself for the leader, as far as it has heard. */
export function leading({ replicas }: FaultStage): SimulatedReplica | undefined {
  return replicas.find((each) => each.process?.state === "Leader");
}

/** The first behind the leader, as far as the replicas themselves know. */
export function nextInLine(replicas: readonly SimulatedReplica[]): SimulatedReplica | undefined {
  return replicas
    .filter(({ process }) => process?.state === "Attempter")
    .toSorted((one, other) => one.position - other.position)[0];
}

/** Somebody takes leadership away, by deleting the node or by closing the session. */
export function depose({ ensemble, basePath }: FaultStage, bySession: boolean): void {
  const path = `${basePath}/leader`;
  const owner = ensemble.leader?.tree.nodes.get(path)?.owner;
  if (!bySession) ensemble.meddle({ kind: "delete", path, version: -1 });
  else if (owner !== undefined) ensemble.meddle({ kind: "close-session" }, owner);
}

/**
 * An entry in the line that a replica has once asked for, and given up for lost, comes to be: its
 * request was in a server's hands, and an election lay between.
 */
export function enterLate(
  { ensemble, basePath }: Pick<FaultStage, "ensemble" | "basePath">,
  name: string,
): void {
  const nodes = ensemble.leader?.tree.nodes;
  const line = `${basePath}/replicas`;
  const entries = [...(nodes?.get(line)?.children ?? [])];
  const own = entries.find((entry) => entry.startsWith(`${name}-`));
  const owner = own === undefined ? undefined : nodes?.get(`${line}/${own}`)?.owner;
  if (owner === undefined) return;
  const data = new Uint8Array();
  const path = `${line}/${name}-`;
  const kinds = { ephemeral: true, sequential: true, withStat: false } as const;
  ensemble.meddle({ kind: "create", path, data, ...kinds }, owner);
}
