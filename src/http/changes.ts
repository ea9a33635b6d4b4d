import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import { unreachable } from "../base/unreachable.ts";
import { type Gate, type Refusal, gateRefusal } from "./gate.ts";

/** What became of the wish that a replica steps down. */
export type SteppingDown =
  | { readonly kind: "accepted"; readonly epoch: bigint; readonly restMs: number }
  | {
      readonly kind: "not-leading";
      readonly leader: ReplicaInfo | undefined;
      /** How long it does not stand, as it was asked to before. */
      readonly restMs: number;
    }
  | { readonly kind: "invalid"; readonly expected: string };

/** The changes that a request may ask for. */
export interface Changes {
  /**
   * Asks the replica to step down, and not to stand again for a while.
   * @param rest how long, as a duration; null for the usual time
   */
  readonly stepDown: (rest: string | null) => SteppingDown;
}

/** The fields that an answer to POST /step-down may have; each answer has some of them. */
export interface StepDownBody extends Refusal {
  readonly steppingDown: boolean;
  readonly epoch: string;
  readonly restMs: number;
  readonly leader: ReplicaInfo | null;
}

/** An answer whose body is to be JSON. */
interface ChangeAnswer {
  readonly status: number;
  readonly body: object;
}

/** The endpoints that change something, by path. They take POST, without a body. */
const changingEndpoints: ReadonlyMap<
  string,
  (changes: Changes, parameters: URLSearchParams) => ChangeAnswer
> = new Map([["/step-down", stepDown]]);

/** Answers a request to a path of `changingEndpoints`; undefined for other paths. */
export async function change(
  request: Request,
  path: string,
  gate: Gate,
  changes: Changes,
): Promise<ChangeAnswer | undefined> {
  const endpoint = changingEndpoints.get(path);
  if (endpoint === undefined) return undefined;
  if (request.method !== "POST") return { status: 405, body: { error: "method not allowed" } };
  const refusal = await gateRefusal(request, gate);
  if (refusal !== undefined) return { status: 403, body: refusal };
  const query = /\?([^#]*)/.exec(request.url)?.[1] ?? "";
  return endpoint(changes, new URLSearchParams(query));
}

function stepDown(
  changes: Changes,
  parameters: URLSearchParams,
): { readonly status: number; readonly body: Partial<StepDownBody> } {
  const unknown = [...parameters.keys()].find((name) => name !== "for");
  if (unknown !== undefined) return { status: 400, body: { error: "unknown parameter" } };
  const outcome = changes.stepDown(parameters.get("for"));
  switch (outcome.kind) {
    case "accepted": {
      const { epoch, restMs } = outcome;
      return { status: 202, body: { steppingDown: true, epoch: epoch.toString(), restMs } };
    }
    case "not-leading": {
      const { leader, restMs } = outcome;
      const error = "this replica does not lead";
      return { status: 409, body: { steppingDown: false, error, leader: leader ?? null, restMs } };
    }
    case "invalid":
      return { status: 400, body: { error: `for: expected ${outcome.expected}` } };
    default:
      return unreachable(outcome);
  }
}
