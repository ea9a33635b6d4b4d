import { invalid, type Parsed, valid } from "../options/parsed.ts";

/** Where HTTP endpoints answer, or are to. */
export type HttpAddress =
  /** `host` is a name or an address, an IPv6 address without brackets; port 0 takes a free one. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** The kernel's bound for the path of a socket. Source: unix(7), sun_path. */
const longestSocketPathBytes = 107;

const expected = "host:port, [v6]:port, :port (loopback) or unix:/path";

/**
 * Reads `host:port`, `[v6]:port`, `:port`, a bare port, or `unix:/path`. Without a host it means
 * loopback: listening on every interface takes an explicit `0.0.0.0:port` or `[::]:port`.
 */
export function parseHttpAddress(text: string): Parsed<HttpAddress> {
  if (text.startsWith("unix:")) return parseSocketPath(text.slice("unix:".length));
  const match =
    /^(?:(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]*)):)?(?<port>\d{1,5})$/.exec(text);
  if (match === null) return invalid(expected);
  const { v6, name, port: digits = "" } = match.groups ?? {};
  const port = Number(digits);
  if (port > 65_535) return invalid(`${expected}, with a port from 0 to 65535`);
  if (v6 !== undefined && !isV6(v6)) return invalid(expected);
  if (name !== undefined && name.length > 253) return invalid(expected);
  return valid({ kind: "tcp", host: v6 ?? (name || "127.0.0.1"), port });
}

/** Writes an address so that it reads back as the same. */
export function formatHttpAddress(address: HttpAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function parseSocketPath(path: string): Parsed<HttpAddress> {
  if (!path.startsWith("/") || path.endsWith("/") || path.includes("\0")) {
    return invalid("an absolute path after unix:, such as unix:/run/election.sock");
  }
  if (Buffer.byteLength(path) > longestSocketPathBytes) {
    return invalid(`a path of at most ${longestSocketPathBytes} bytes after unix:`);
  }
  return valid({ kind: "unix", path });
}

function isV6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}
