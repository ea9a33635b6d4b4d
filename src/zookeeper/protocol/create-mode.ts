import { Opcode } from "./opcodes.ts";

/**
 * What becomes of a created node. An ephemeral one ends with its session; a sequential one gets a
 * number behind its name; a container ends some time after its last child; one with a time to live
 * ends when it had no child and no change for that long (servers need `extendedTypesEnabled`).
 */
export type CreateMode =
  | "persistent"
  | "ephemeral"
  | "persistent-sequential"
  | "ephemeral-sequential"
  | "container"
  | "persistent-ttl"
  | "persistent-sequential-ttl";

/** Source: CreateMode.java:34-71. */
const flags: Readonly<Record<CreateMode, number>> = {
  persistent: 0,
  ephemeral: 1,
  "persistent-sequential": 2,
  "ephemeral-sequential": 3,
  container: 4,
  "persistent-ttl": 5,
  "persistent-sequential-ttl": 6,
};

/** The number by which a create request names the mode. */
export function createFlags(mode: CreateMode): number {
  return flags[mode];
}

/** All answer with the path and the Stat. */
export function createOpcode(mode: CreateMode): Opcode {
  if (mode === "container") return Opcode.createContainer;
  return hasTtl(mode) ? Opcode.createTtl : Opcode.create2;
}

/** Whether a node of this mode needs a time to live. */
export function hasTtl(mode: CreateMode): boolean {
  return mode === "persistent-ttl" || mode === "persistent-sequential-ttl";
}

/** Whether the server appends a number: only then a path may end with `/`. */
export function isSequential(mode: CreateMode): boolean {
  return mode.includes("sequential");
}
