import type { Fault, Scene, Struck } from "../chaos/faults/fault.ts";
import { faults } from "../chaos/faults/faults.ts";
import { sessionMs } from "../chaos/judge/terms.ts";

/** What happens to replicas and servers on an ordinary bad day. */
export interface Disturbance {
  readonly name: string;
  readonly strike: (scene: Scene) => Struck | Promise<Struck>;
  /** How long everything is left alone afterwards, in milliseconds. */
  readonly restMs: { readonly least: number; readonly most: number };
}

/** The replica that is ended and started again. The others live as long as the soak. */
export const restarted = "c";

const nothing = (): void => undefined;
const shortRest = { least: 5_000, most: 15_000 };

const stepDown: Disturbance = {
  name: "leader steps down",
  strike: ({ leader }) => {
    leader.stepDown();
    return { holdMs: 0, heal: nothing };
  },
  restMs: shortRest,
};

/** So often among the others, so that every replica leads and waits in every quarter. */
const stepDowns = 3;

/** Each comes once before any comes again. */
export const disturbances: readonly Disturbance[] = [
  {
    name: "a minute of peace",
    strike: () => ({ holdMs: 0, heal: nothing }),
    restMs: { least: 60_000, most: 60_000 },
  },
  ...Array.from({ length: stepDowns }, (): Disturbance => stepDown),
  {
    name: "replica SIGTERM, and started again",
    strike: async ({ arena, choice }) => {
      const victim = arena.contenders.find(({ id }) => id === restarted);
      if (victim === undefined) throw new Error(`there is no replica ${restarted}`);
      await victim.end("SIGTERM");
      return { holdMs: choice.between(0, 1_000), heal: () => victim.restart() };
    },
    restMs: shortRest,
  },
  {
    name: "follower black-holed",
    strike: ({ arena, leader, choice }) => {
      const [follower] = choice.shuffled(arena.contenders.filter((one) => one !== leader));
      follower?.silence();
      return { holdMs: choice.between(0, 2 * sessionMs), heal: () => follower?.restore() };
    },
    restMs: shortRest,
  },
  ...["connections reset", "black-holed briefly", "connection black-holed", "its server killed"]
    .map((name) => faultNamed(name))
    .map(({ name, strike }) => ({ name, strike, restMs: shortRest })),
];

function faultNamed(wanted: string): Fault {
  const fault = faults.find(({ name }) => name === wanted);
  if (fault === undefined) throw new Error(`chaos knows no "${wanted}"`);
  return fault;
}
