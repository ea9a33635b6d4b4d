/** What the settings of a connection are called where people give them: named in errors. */
export interface SettingNames {
  /** The addresses of the servers. */
  readonly servers: string;
  /** The certificates of the authorities that are trusted. */
  readonly ca: string;
  /** Our own certificate. */
  readonly cert: string;
  /** The private key of our own certificate. */
  readonly key: string;
}

/** A connection that TLS prevented. The message says what is wrong, and names the settings. */
class TlsError extends Error {
  override readonly name = "TlsError";
  readonly code = "tls";
}

/** What a certificate may say about itself is bounded nowhere else. */
const longestReason = 300;

const notTls = "the server does not speak TLS on this port; right: its secureClientPort";
const cutOff =
  "the server closed the connection during the TLS handshake: it speaks no TLS on this port, or " +
  "does not accept us";

/** Codes of a certificate that nobody we trust has signed. Source: OpenSSL, x509_vfy.h. */
const untrusted: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);

/** Other codes of OpenSSL's verification and of `node:tls`, in words. */
const meanings: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate, or its authority's, has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet; are the clocks right?",
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
};

/** What was known of a connection when its error came. */
export interface TlsCircumstances {
  /** What our own certificate says of itself; undefined when we show none. */
  readonly ownCertificate: string | undefined;
  /** With TLS 1.3 a server may refuse us when we take the connection for ready already. */
  readonly during: "handshake" | "use";
  readonly names: SettingNames;
}

/** The error of a TLS connection in words that name the cure; any other error as it is. */
export function tlsProblem(error: Error, circumstances: TlsCircumstances): Error {
  const { during, names } = circumstances;
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const reason = "reason" in error ? String(error.reason) : error.message;
    const told = reason.slice(0, longestReason);
    return problem(
      `the server's certificate is for another host: ${told}; ${names.servers} and the ` +
        "certificate's subjectAltName must name the server alike",
      error,
    );
  }
  if (code.includes("_ALERT_")) return problem(refusal(code, circumstances), error);
  if (code === "ECONNRESET" && during === "handshake") return problem(cutOff, error);
  const meaning = untrusted.has(code) ? untrustedText(names) : meanings[code];
  if (meaning !== undefined) return problem(`${meaning} (${code})`, error);
  if (!code.startsWith("ERR_SSL_")) return error;
  return problem(`TLS failed: ${error.message.slice(0, longestReason)}`, error);
}

function untrustedText({ ca }: SettingNames): string {
  return (
    `the server's certificate is not signed by an authority of ${ca}, or not by way of those ` +
    "that the server sends along"
  );
}

/** What it means that a server ends the handshake with nothing but a code. */
function refusal(code: string, { ownCertificate, names }: TlsCircumstances): string {
  const alert = code.replace(/^.*_ALERT_/, "");
  if (!/CERT|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE/.test(alert)) {
    return `the server ended the TLS handshake (${alert})`;
  }
  const told = `the server refuses us (${alert})`;
  if (ownCertificate === undefined) {
    return `${told}: it demands a client certificate; give ${names.cert} and ${names.key}`;
  }
  const own = ownCertificate.slice(0, longestReason);
  return `${told}: it does not accept our client certificate (${own}) of ${names.cert}`;
}

function problem(message: string, cause: Error): TlsError {
  return new TlsError(message, { cause });
}
