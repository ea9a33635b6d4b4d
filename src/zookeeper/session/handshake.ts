import type { Instant, Scheduler } from "../../base/scheduler.ts";
import { withDeadline } from "./deadline.ts";
import { FrameReader } from "../protocol/frames.ts";
import type { ConnectResponse } from "../protocol/replies.ts";
import { readConnectResponse } from "../protocol/replies.ts";
import type { ConnectRequest } from "../protocol/requests.ts";
import { connectRequestFrame } from "../protocol/requests.ts";
import type { ByteStream, SocketAddress, Transport } from "../transport/transport.ts";

/**
 * No server means a session of more than that, in milliseconds, unless it was asked for. A session
 * that is taken for longer than anybody meant would notice a silent server days late.
 */
const longestUnaskedMs = 10 * 60 * 1000;

/** A stream over which a server granted us a session, ready for requests. */
export interface AcceptedHandshake {
  readonly kind: "accepted";
  readonly response: ConnectResponse;
  /** The session timeout to go by: what was granted, as far as that can be meant. */
  readonly timeoutMs: number;
  readonly stream: ByteStream;
  readonly frames: FrameReader;
  /** Frames that arrived together with the answer. */
  readonly surplus: readonly Uint8Array[];
  /** When the request was sent: the server knew us at that instant or later. */
  readonly sentAt: Instant;
}

/** How a server answered the request for a session. */
export type Handshake =
  | AcceptedHandshake
  /** The server does not know the session, and no other will. */
  | { readonly kind: "expired"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

interface HandshakeOptions {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly address: SocketAddress;
  readonly request: ConnectRequest;
  /** The limit for opening the stream and for the answer, together. */
  readonly limitMs: number;
  readonly maximumFrameBytes: number;
}

/**
 * Opens a stream and asks for the session. It never rejects, and ends within `limitMs` or as soon
 * as `signal` aborts; a stream that came to nothing is closed.
 *
 * Nothing follows the request until its answer came: a server that refuses writes the answer and
 * closes, and bytes of ours that cross it could make TCP throw the answer away.
 * Source: ClientCnxnSocketNIO.java:139-149.
 */
export async function shakeHands(
  options: HandshakeOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  const { scheduler, limitMs } = options;
  try {
    const handshake = await withDeadline(
      scheduler,
      limitMs,
      signal,
      (limit) => openAndAsk(options, limit),
      closeIfAccepted,
    );
    return handshake ?? failed(`no answer within ${Math.round(limitMs)} ms`);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

async function openAndAsk(options: HandshakeOptions, signal: AbortSignal): Promise<Handshake> {
  const stream = await options.transport.connect(options.address, signal);
  const cut = (): void => stream.close();
  signal.addEventListener("abort", cut);
  try {
    const handshake = signal.aborted ? failed("given up") : await ask(options, stream);
    if (handshake.kind !== "accepted") stream.close();
    return handshake;
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

async function ask(options: HandshakeOptions, stream: ByteStream): Promise<Handshake> {
  const frames = new FrameReader(options.maximumFrameBytes, options.transport.tlsHint);
  const sentAt = options.scheduler.now();
  stream.write(connectRequestFrame(options.request));
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) {
      return failed(`closed during the handshake: ${stream.closedBecause}`);
    }
    const [first, ...surplus] = frames.push(chunk);
    if (frames.malformed !== undefined) return failed(frames.malformed);
    if (first === undefined) continue;
    const response = readConnectResponse(first);
    if (response === undefined) return failed("the answer to the handshake makes no sense");
    // Going by less than what was granted is always safe.
    const timeoutMs = Math.min(
      response.timeoutMs,
      Math.max(options.request.timeoutMs, longestUnaskedMs),
    );
    return judge(options.request, {
      kind: "accepted",
      response,
      timeoutMs,
      stream,
      frames,
      surplus,
      sentAt,
    });
  }
}

/**
 * Zeros mean that the session is gone. So does another id than the one we asked for: a server that
 * cannot resume hands out a new session, with none of our nodes and watches.
 * Source: ZooKeeperServer.java:1137-1181; zookeeper.c:3049-3056.
 */
function judge(request: ConnectRequest, accepted: AcceptedHandshake): Handshake {
  const { sessionId, timeoutMs } = accepted.response;
  const refused = timeoutMs <= 0 || sessionId === 0n;
  if (request.sessionId === 0n) return refused ? failed("no session was granted") : accepted;
  if (refused) return { kind: "expired", detail: "the server does not know the session any more" };
  if (sessionId === request.sessionId) return accepted;
  return { kind: "expired", detail: "the server answered with another session than ours" };
}

function closeIfAccepted(handshake: Handshake): void {
  if (handshake.kind === "accepted") handshake.stream.close();
}

function failed(detail: string): Handshake {
  return { kind: "failed", detail };
}
