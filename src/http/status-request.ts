import type { HttpAddress } from "./http-address.ts";
import { askReplica } from "./replica-request.ts";

export type StatusAnswer =
  | { readonly kind: "answered"; readonly text: string }
  /** Nobody answers there, in time, or not as a replica does; `detail` is for people. */
  | { readonly kind: "failed"; readonly detail: string };

/** Asks the replica that listens at `address` for its /status: see askReplica. */
export async function requestStatus(
  address: HttpAddress,
  limit: AbortSignal,
): Promise<StatusAnswer> {
  const answer = await askReplica(address, { method: "GET", path: "/status" }, limit);
  if (answer.kind === "failed" || answer.status === 200) return answer;
  return { kind: "failed", detail: `it answers ${answer.status}, as no replica does` };
}
