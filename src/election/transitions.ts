/**
 * The state machine as data. The compiler rejects a state that returns an edge which is not in
 * here, and the README's diagram is compared with it by a test.
 */
export const transitions = {
  Init: ["Attempter", "Failover", "Stopping"],
  Attempter: ["Leader", "Failover", "Stopping"],
  Leader: ["Attempter", "Failover", "Stopping"],
  Failover: ["Init", "Stopping"],
  Stopping: [],
} as const satisfies Record<string, readonly string[]>;

export type StateName = keyof typeof transitions;

/** The states that `From` may hand over to. */
export type Successor<From extends StateName> = (typeof transitions)[From][number];

export const stateNames = Object.keys(transitions) as readonly StateName[];

/** Whether a replica takes part in the election: in the other states it cannot, or no longer. */
export function takesPart(state: StateName): boolean {
  return state === "Attempter" || state === "Leader";
}
