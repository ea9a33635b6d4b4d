import { isIP, isIPv4, isIPv6 } from "node:net";
import { pathProblem } from "./path.ts";

const defaultPort = 2181;
/** Room for hundreds of servers. Whatever is longer was given by mistake. */
const longestText = 16_384;
/** How much of a text an error shows. */
const longestExcerpt = 80;

/** A server by name or IP address (IPv6 without brackets) and port. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** An address that cannot work. The message names what is wrong and what would be right. */
export class ConnectionStringError extends Error {
  override readonly name = "ConnectionStringError";
  readonly code = "bad-connection-string";
}

/**
 * Parses `host:port,host:port/chroot`. The port may be left out (2181), an IPv6 address with a port
 * is written in brackets, and the chroot is everything from the first `/`; a lone `/` means none.
 * At most 16384 characters are taken.
 *
 * A list goes on behind no chroot: other clients take `a:1/x,b:1/x` for one server and a path with
 * a comma in it, so that two lists of the same servers in another order would mean two services.
 *
 * Throws `ConnectionStringError`. Source: ConnectStringParser.java:116-141.
 */
export function parseConnectionString(text: string): {
  servers: readonly ServerAddress[];
  chroot: string;
} {
  if (text.length > longestText) {
    const problem = `"${excerpt(text)}" has ${text.length} characters`;
    throw new ConnectionStringError(`${problem}; right: at most ${longestText}`);
  }
  const slash = text.indexOf("/");
  const hosts = slash === -1 ? text : text.slice(0, slash);
  const path = slash === -1 ? "/" : text.slice(slash).trimEnd();
  if (hosts.trim() === "") {
    throw new ConnectionStringError(
      `"${excerpt(text)}" names no server; right: "host:2181,host:2181/path"`,
    );
  }
  if (listGoesOn.test(path) || path.search(serverAsElement) !== -1) {
    throw new ConnectionStringError(
      `"${excerpt(text)}" has a server behind a path; ${cureOf(text)}`,
    );
  }
  const servers = hosts.split(",").map((part) => parseServer(part.trim(), text));
  const problem = pathProblem(path);
  if (problem !== undefined) {
    throw new ConnectionStringError(`the path behind the servers is wrong: ${problem}`);
  }
  return { servers, chroot: path === "/" ? "" : path };
}

/** What people put between servers. */
const separators = /[,;|\s\uff0c\u3001\uff1b]+/u;
/**
 * Where a list of servers goes on: at a comma, or at what else people put between servers if
 * something follows. A path may hold these, but a list that is taken for a path is a service of its
 * own, and nobody would see it.
 */
const listGoesOn = /,|[;|\s\uff0c\u3001\uff1b]+[^;|\s\uff0c\u3001\uff1b]/u;
/** A server with a port of four digits or more, in the place of a path's element. */
const serverAsElement = /\/(?=(?:[A-Za-z0-9_.-]+|\[[^\]/]*\]):\d{4,5}(?:\/|$))/gu;

/** The list that is meant, where every server has the same path. */
function cureOf(text: string): string {
  const slash = text.indexOf("/");
  const listed = text.slice(0, slash) + text.slice(slash).replaceAll(serverAsElement, ",");
  const parts = listed.split(separators).filter((part) => part !== "");
  const servers = parts.map((part) => part.replace(/\/.*$/u, "")).filter((server) => server !== "");
  const paths = new Set(
    parts.map((part) => /\/.*$/u.exec(part)?.[0].replace(/(?<=.)\/+$/u, "")).filter(Boolean),
  );
  const [path = ""] = paths;
  const meant = `${servers.join(",")}${path}`;
  const shown = paths.size <= 1 && isShown(meant) ? meant : "host:2181,host:2181/path";
  return `the path of all stands once, behind the last; right: "${shown}"`;
}

/** Whether it can be recommended: whole, and with success. */
function isShown(meant: string): boolean {
  if (meant.length > longestExcerpt) return false;
  try {
    parseConnectionString(meant);
    return true;
  } catch {
    return false;
  }
}

/** Writes an address as it is parsed, with brackets where they are needed. */
export function formatServer(server: ServerAddress): string {
  return isIPv6(server.host) ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

/** Throws `ConnectionStringError` when no connection to `server` could ever be tried. */
export function checkServer(server: ServerAddress): void {
  const { host, port } = server;
  if (!isHost(host)) {
    throw new ConnectionStringError(`"${excerpt(host)}" is neither a host name nor an IP address`);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ConnectionStringError(
      `port ${port} of "${excerpt(host)}" is not between 1 and 65535`,
    );
  }
}

function parseServer(part: string, text: string): ServerAddress {
  if (part === "")
    throw new ConnectionStringError(`"${excerpt(text)}" has nothing between two commas`);
  const bracketed = /^\[(?<host>[^\]]*)\](?::(?<port>.*))?$/u.exec(part)?.groups;
  if (bracketed !== undefined) {
    const host = bracketed["host"] ?? "";
    if (!isIPv6(host)) {
      throw new ConnectionStringError(
        `"${excerpt(part)}": only an IPv6 address is written in brackets`,
      );
    }
    return checked({ host, port: parsePort(bracketed["port"], part) });
  }
  if (isIPv6(part)) return checked({ host: part, port: defaultPort });
  const [host = "", port, ...more] = part.split(":");
  if (more.length > 0) {
    throw new ConnectionStringError(
      `"${excerpt(part)}" has several colons; right: "host:2181" or, for IPv6, "[::1]:2181"`,
    );
  }
  return checked({ host, port: parsePort(port, part) });
}

function parsePort(port: string | undefined, part: string): number {
  if (port === undefined) return defaultPort;
  if (!/^\d{1,5}$/u.test(port)) {
    throw new ConnectionStringError(
      `"${excerpt(part)}" has the port "${excerpt(port)}"; right: 1 to 65535`,
    );
  }
  return Number(port);
}

function checked(server: ServerAddress): ServerAddress {
  checkServer(server);
  return server;
}

function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  // Digits and dots only are meant as an IPv4 address, and a resolver would not do better.
  if (/^[\d.]+$/u.test(host)) return isIPv4(host);
  return host.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/u.test(host);
}

function excerpt(text: string): string {
  return text.length > longestExcerpt ? `${text.slice(0, longestExcerpt)}...` : text;
}
