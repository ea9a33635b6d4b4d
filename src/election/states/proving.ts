import { resolvesBefore, within } from "../../base/deadline.ts";
import type { Proof } from "../ports/duty.ts";
import type { Failure } from "../failure.ts";
import type { Context } from "../state.ts";

/** A duty that has not answered after this time counts as failed. */
export const proofLimitMs = 5_000;

const noAnswer: Failure = {
  resource: "duty",
  code: "duty-failed",
  detail: `nothing answered within ${proofLimitMs} ms: the disk hangs`,
};

/** Proves that the duty can be done, in bounded time: a disk that hangs must not hang us. */
export async function proveDuty({ scheduler, duty, stop }: Context): Promise<Proof> {
  return await within(scheduler, proofLimitMs, [stop], async (limit) => {
    const proving = duty.prove();
    if (await resolvesBefore(proving, limit)) return await proving;
    return { kind: "failed", failure: noAnswer };
  });
}
