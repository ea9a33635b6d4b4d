import { within } from "../../base/deadline.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import type { ServerAddress } from "../../zookeeper/connection-string.ts";
import { ZooKeeperError } from "../../zookeeper/errors.ts";
import type { Transport } from "../../zookeeper/transport/transport.ts";
import { visit } from "../../zookeeper/visit.ts";

/** How often the time to an answer is measured. */
const readings = 5;
/** More than a four-letter word's answer can need. */
const largestAnswerBytes = 64 * 1024;

interface ProbeOptions {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  /** What to ask for. */
  readonly sessionTimeoutMs: number;
  /** How long the whole probe may take. */
  readonly limitMs: number;
}

/** What one server is like. */
export type ServerProbe =
  | {
      readonly kind: "serves";
      readonly grantedMs: number;
      /** The time to open a session: a connection and one commit. */
      readonly openingMs: number;
      /** The median time to the answer of a read. */
      readonly latencyMs: number;
      /** These three are undefined where the server does not allow its four-letter words. */
      readonly version: string | undefined;
      readonly mode: string | undefined;
      readonly tickMs: number | undefined;
    }
  | { readonly kind: "fails"; readonly detail: string };

/** Opens a session with this one server, measures, and closes it again. */
export async function probeServer(
  server: ServerAddress,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ServerProbe> {
  const { scheduler, limitMs } = options;
  return await within(scheduler, limitMs, [signal], async (limit) => {
    const session = await probeSession(server, options, limit);
    if (session.kind === "fails") return session;
    const srvr = await askWord(server, "srvr", options.transport, limit);
    const conf = await askWord(server, "conf", options.transport, limit);
    const tick = /^tickTime=(\d+)$/m.exec(conf ?? "")?.[1];
    return {
      ...session,
      version: /^Zookeeper version: ([^\s,-]+)/m.exec(srvr ?? "")?.[1],
      mode: /^Mode: (\w+)/m.exec(srvr ?? "")?.[1],
      tickMs: tick === undefined ? undefined : Number(tick),
    };
  });
}

type SessionProbe =
  | {
      readonly kind: "serves";
      readonly grantedMs: number;
      readonly openingMs: number;
      readonly latencyMs: number;
    }
  | { readonly kind: "fails"; readonly detail: string };

async function probeSession(
  server: ServerAddress,
  { transport, scheduler, sessionTimeoutMs }: ProbeOptions,
  limit: AbortSignal,
): Promise<SessionProbe> {
  const startedAt = scheduler.now();
  const visiting = { servers: [server], transport, scheduler, sessionTimeoutMs, triesOnce: true };
  try {
    const probing = await visit(visiting, limit, async (client): Promise<SessionProbe> => {
      const openingMs = scheduler.now() - startedAt;
      const latencies: number[] = [];
      for (let reading = 0; reading < readings; reading += 1) {
        const askedAt = scheduler.now();
        await client.exists("/", { signal: limit });
        latencies.push(scheduler.now() - askedAt);
      }
      const grantedMs = client.sessionTimeoutMs;
      await client.close(limit);
      const latencyMs = latencies.toSorted((one, other) => one - other)[readings >> 1] ?? 0;
      return { kind: "serves", grantedMs, openingMs, latencyMs };
    });
    if (probing.kind === "done") return probing.result;
    const { end, trouble } = probing;
    return { kind: "fails", detail: end?.detail ?? trouble?.detail ?? "no answer in time" };
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    return { kind: "fails", detail: error.message };
  }
}

/**
 * Asks a server one of its four-letter words; undefined when there is no answer. One that is not
 * allowed is answered by a sentence that says so.
 */
async function askWord(
  { host, port }: ServerAddress,
  word: "srvr" | "conf",
  transport: Transport,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const [address] = await transport.resolve(host, signal);
    if (address === undefined) return undefined;
    const stream = await transport.connect({ host: address, port, serverName: host }, signal);
    const cut = (): void => stream.close();
    signal.addEventListener("abort", cut);
    if (signal.aborted) cut();
    stream.write(new TextEncoder().encode(word));
    const decoder = new TextDecoder();
    let answer = "";
    while (answer.length < largestAnswerBytes) {
      const chunk = await stream.read();
      if (chunk === undefined) break;
      answer += decoder.decode(chunk, { stream: true });
    }
    signal.removeEventListener("abort", cut);
    stream.close();
    return answer;
  } catch {
    return undefined;
  }
}
