/**
 * Whether a Host header names a site, and so nobody of this machine. A server on loopback has no
 * other callers than programs of its host, and browsers: a page of a stranger whose name is made to
 * resolve to 127.0.0.1 would count as of the same origin, and read every answer. It cannot hide its
 * name, which has a dot; what people and health checks write (addresses, `localhost`, a container's
 * name, nothing at all) has none, and what no browser sends is let pass.
 */
export function namesASite(host: string | null): boolean {
  const name = (host ?? "").toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  // No pattern looks for the dot: over many of them it would try every way to part the name.
  if (/[\s/?#@:[\]]/.test(name) || !name.slice(1, -1).includes(".")) return false;
  const last = name.slice(name.lastIndexOf(".") + 1);
  // The last part of an IPv4 address is a number, and no top-level domain is one.
  return last !== "localhost" && !/^\d+$/.test(last);
}

/** Whether only programs of the same machine reach this host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
