/** A replica, as it says where it is, and the place from which its page is to be reached. */
interface Link {
  readonly host: string;
  readonly httpAddress: string | null;
  /** The host of the replica whose page is shown. */
  readonly ownHost: string;
  /** The host name in the browser's address. */
  readonly viewedAt: string;
}

const shape = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

/**
 * The address of another replica's page, as this browser may reach it; undefined when it cannot.
 * An address of every interface is reached by the host's name. One of the loopback is reached from
 * its own host only: the browser is there when it shows our page by the loopback.
 */
export function pageLink({ host, httpAddress, ownHost, viewedAt }: Link): string | undefined {
  const [, v6, name, port] = shape.exec(httpAddress ?? "") ?? [];
  const listens = v6 ?? name;
  if (listens === undefined || port === undefined || Number(port) > 65_535) return undefined;
  if (isLoopback(listens)) {
    return host === ownHost && isLoopback(viewedAt) ? urlOf(viewedAt, port) : undefined;
  }
  if (listens !== "0.0.0.0" && listens !== "::") return urlOf(listens, port);
  // Beside us, it is reached as we are.
  return urlOf(host === ownHost ? viewedAt : host, port);
}

function isLoopback(host: string): boolean {
  return /^(?:127\.[\d.]+|localhost|\[?::1\]?)$/.test(host);
}

/** Undefined when a record, which anybody may have written, does not name a host. */
function urlOf(host: string, port: string): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (!/^[A-Za-z0-9._:-]+$/.test(bare)) return undefined;
  const url = `http://${bare.includes(":") ? `[${bare}]` : bare}:${port}/`;
  return URL.canParse(url) ? url : undefined;
}
