import { change } from "./changes.ts";
import type { Gate } from "./gate.ts";
import type { Providers } from "./providers.ts";

type Endpoint = (providers: Providers) => Response | Promise<Response>;

const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ["/", index],
  ["/livez", livez],
  ["/readyz", readyz],
  ["/leader", leader],
  ["/status", ({ status }) => json(200, status())],
  ["/metrics", metrics],
]);

/**
 * Answers one request: GET and HEAD of the known paths, and POST of those that change something.
 * A path counts as it is: no trailing slash, no decoding. An error of a provider rejects, for the
 * server to answer with 500.
 */
export async function respond(
  request: Request,
  providers: Providers,
  gate: Gate,
): Promise<Response> {
  const path = pathOf(request.url);
  const changed = await change(request, path, gate, providers.changes);
  if (changed !== undefined) {
    const told = json(changed.status, changed.body);
    if (changed.status === 405) told.headers.set("Allow", "POST");
    return told;
  }
  const endpoint = endpoints.get(path);
  if (endpoint === undefined) return json(404, { error: "not found" });
  if (request.method !== "GET" && request.method !== "HEAD") {
    const refusal = json(405, { error: "method not allowed" });
    refusal.headers.set("Allow", "GET, HEAD");
    return refusal;
  }
  return await endpoint(providers);
}

/**
 * The path of a request's URL, without the query. `URL` is of no use here: what stands before the
 * path comes from the peer's Host header, which may be missing (HTTP/1.0, as health checks speak
 * it) or nonsense, and then the URL is the bare path or none at all.
 */
function pathOf(url: string): string {
  return /^(?:https?:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] ?? "";
}

/** The answer to a request that failed by a fault of ours: it tells nothing about it. */
export function failure(): Response {
  return json(500, { error: "internal error" });
}

function index(): Response {
  const text = `election

/livez    200 while the process answers
/readyz   200 when this replica can take part in the election, else 503
/leader   200 when this replica leads, else 503 with who does
/status   what is known here, as JSON
/metrics  metrics for Prometheus

POST /step-down?for=30s  gives leadership up, and does not stand again for so long
`;
  return answer(200, "text/plain; charset=utf-8", text);
}

/** That there is an answer is the answer: the loop turns. */
function livez(): Response {
  return json(200, { live: true });
}

/** Attempter and Leader take part in the election; the other states cannot, or no longer. */
function readyz({ state }: Providers): Response {
  const present = state();
  const ready = present === "Attempter" || present === "Leader";
  return json(ready ? 200 : 503, { ready, state: present });
}

function leader({ isLeader, epoch, leader: leaderKnown, state }: Providers): Response {
  const leads = isLeader();
  return json(leads ? 200 : 503, {
    isLeader: leads,
    state: state(),
    epoch: leads ? (epoch()?.toString() ?? null) : null,
    leader: leaderKnown() ?? null,
  });
}

async function metrics(providers: Providers): Promise<Response> {
  return answer(200, providers.metricsType, await providers.metrics());
}

function json(status: number, value: unknown): Response {
  return answer(status, "application/json; charset=utf-8", `${JSON.stringify(value)}\n`);
}

function answer(status: number, type: string, body: string): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": type,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
