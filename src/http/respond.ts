import { takesPart } from "../election/transitions.ts";
import { change } from "./changes.ts";
import type { Gate } from "./gate.ts";
import { type AssetName, assetNames, assets, pageHeaders } from "./page/assets.ts";
import type { Providers } from "./providers.ts";

/** Opens a stream of events; undefined when there are too many. */
type OpenEvents = () => ReadableStream<Uint8Array> | undefined;

/** The means of an answer besides the providers. */
interface Means {
  /** Who may change something. */
  readonly gate: Gate;
  readonly openEvents: OpenEvents;
}

type Endpoint = (
  providers: Providers,
  request: Request,
  openEvents: OpenEvents,
) => Response | Promise<Response>;

const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ["/", (_, request) => (wantsPage(request) ? asset("page.html") : index())],
  ...assetNames.map((name) => [`/${name}`, () => asset(name)] as const),
  ["/events", (_, request, openEvents) => events(request, openEvents)],
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
  { gate, openEvents }: Means,
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
  return await endpoint(providers, request, openEvents);
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

/** A browser asks for HTML by name; curl, which takes anything, is better served by text. */
function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") ?? false;
}

function asset(name: AssetName): Response {
  const { type, text } = assets[name];
  const response = answer(200, type, text);
  for (const [header, value] of pageHeaders) response.headers.set(header, value);
  return response;
}

function events({ method }: Request, openEvents: OpenEvents): Response {
  const type = "text/event-stream; charset=utf-8";
  if (method === "HEAD") return answer(200, type, null);
  const body = openEvents();
  if (body === undefined) return json(503, { error: "too many streams are open" });
  return answer(200, type, body);
}

/** The answer to a request that was meant for somebody else. */
export function misdirected(): Response {
  return json(421, { error: "no such host here; ask by address or localhost" });
}

function index(): Response {
  const text = `election

/livez    200 while the process answers
/readyz   200 when this replica can take part in the election, else 503
/leader   200 when this replica leads, else 503 with who does
/status   what is known here, as JSON
/events   the same, live: server-sent events
/metrics  metrics for Prometheus
/         this list, and to a browser a page that follows the replica

POST /step-down?for=30s  gives leadership up, and does not stand again for so long
`;
  return answer(200, "text/plain; charset=utf-8", text);
}

/** Says that the event loop turns, by answering at all. */
function livez(): Response {
  return json(200, { live: true });
}

function readyz({ state }: Providers): Response {
  const present = state();
  const ready = takesPart(present);
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

function answer(
  status: number,
  type: string,
  body: string | ReadableStream<Uint8Array> | null,
): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": type,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
