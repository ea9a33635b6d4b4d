/** A connection that TLS prevented; the message says what is wrong, and where to look. */
export class TlsError extends Error {
  override readonly name = "TlsError";
  readonly code = "tls";
}

/** What a certificate may say about itself is bounded nowhere else. */
const longestReason = 300;

const untrusted =
  "the server's certificate is not signed by an authority of --zk-tls-ca, or not by way of those " +
  "that the server sends along";
const notTls = "the server does not speak TLS on this port; right: its secureClientPort";
const cutOff =
  "the server closed the connection during the TLS handshake: it speaks no TLS on this port, or " +
  "does not accept us";

/** Codes of OpenSSL's verification and of `node:tls`, in an operator's words. */
const meanings: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate, or its authority's, has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet; are the clocks right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
};

/**
 * An error of a TLS connection in words that name the cure; any other error as it is. A server may
 * refuse us when we take the connection for ready already: that is how TLS 1.3 works.
 * @param ownCertificate what ours says of itself; undefined when we show none
 */
export function tlsProblem(
  error: Error,
  ownCertificate: string | undefined,
  during: "handshake" | "use",
): Error {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const reason = "reason" in error ? String(error.reason) : error.message;
    const told = reason.slice(0, longestReason);
    return problem(
      `the server's certificate is for another host: ${told}; --zk-servers and the certificate's ` +
        "subjectAltName must name the server alike",
      error,
    );
  }
  if (code.includes("_ALERT_")) return problem(refusal(code, ownCertificate), error);
  if (code === "ECONNRESET" && during === "handshake") return problem(cutOff, error);
  const meaning = meanings[code];
  if (meaning !== undefined) return problem(`${meaning} (${code})`, error);
  if (!code.startsWith("ERR_SSL_")) return error;
  return problem(`TLS failed: ${error.message.slice(0, longestReason)}`, error);
}

/** The server ended the handshake, and says no more than a code. */
function refusal(code: string, ownCertificate: string | undefined): string {
  const alert = code.replace(/^.*_ALERT_/, "");
  if (!/CERT|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE/.test(alert)) {
    return `the server ended the TLS handshake (${alert})`;
  }
  const told = `the server refuses us (${alert})`;
  if (ownCertificate === undefined) {
    return `${told}: it demands a client certificate; give --zk-tls-cert and --zk-tls-key`;
  }
  const own = ownCertificate.slice(0, longestReason);
  return `${told}: it does not accept our client certificate (${own}) of --zk-tls-cert`;
}

function problem(message: string, cause: Error): TlsError {
  return new TlsError(message, { cause });
}
