import { readNamedFile, type ReadFile, sharing } from "./named-file.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";
import { quoted } from "../base/quoted.ts";
import type { ReadText } from "./environment.ts";
import type { Option } from "./option.ts";

/** The files that TLS takes, by their paths. The last two come together or not at all. */
interface TlsFiles {
  readonly authorities: string;
  readonly certificate: string | null;
  readonly key: string | null;
}

/** The options that name these files, by flag. */
export type TlsFlags = Readonly<Record<keyof TlsFiles, string>>;

/** What stood in the files when they were read. */
interface TlsMaterial {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  /** What our certificate says of itself: for people. */
  readonly ownCertificate?: string;
}

/** What a file holds. */
interface Content {
  readonly expected: string;
  /** Whether a text is what is expected. */
  readonly fits: (text: string) => boolean;
}

const contents: Readonly<Record<keyof TlsFiles, Content>> = {
  authorities: {
    expected: "a PEM file with the certificates of the servers' authorities",
    fits: areCertificates,
  },
  certificate: {
    expected: "a PEM file with our certificate, and those between it and its authority behind it",
    fits: areCertificates,
  },
  key: {
    expected: "a PEM file with the private key of our certificate, without a passphrase",
    fits: isPrivateKey,
  },
};

/** An option that names one of these files, whose content is checked at once. */
export function tlsFileOption(
  file: keyof TlsFiles,
  wording: Pick<Option<string | null>, "flag" | "help">,
): Option<string | null> {
  return {
    ...wording,
    unit: "path",
    fallback: { kind: "none", shown: "off" },
    secret: false,
    parse: (path, { readFile }) => {
      const found = content(file, path, readFile);
      if (found.kind === "invalid") return found;
      return { ...valid(path), ...(file === "key" ? sharing(found.value) : {}) };
    },
  };
}

/**
 * What is wrong with the files together, or with one of them, as they are now: a line that begins
 * with the option; undefined when nothing is. Null stands for a file that is not given.
 */
export function tlsFilesProblem(
  { authorities, certificate, key }: Readonly<Record<keyof TlsFiles, string | null>>,
  flags: TlsFlags,
  readFile: ReadFile,
): string | undefined {
  const pair = `--${flags.certificate} and --${flags.key}`;
  if ((certificate === null) !== (key === null)) {
    const missing = certificate === null ? flags.certificate : flags.key;
    return `--${missing} is missing: expected ${pair} together`;
  }
  if (authorities !== null) {
    const reading = readTlsFiles({ authorities, certificate, key }, flags, readFile);
    return reading.kind === "invalid" ? reading.expected : undefined;
  }
  if (certificate === null) return undefined;
  return `--${flags.authorities} is missing: expected it beside ${pair}`;
}

/**
 * Reads the files, as they are now: they are replaced while we run. What is wrong with them is told
 * with option and path.
 */
export function readTlsFiles(
  files: TlsFiles,
  flags: TlsFlags,
  readFile: ReadFile,
): Parsed<TlsMaterial> {
  const read = (file: keyof TlsFiles, path: string): Parsed<string> => {
    const found = content(file, path, readFile);
    if (found.kind === "valid") return valid(found.value.text);
    return invalid(`--${flags[file]} ${quoted(path)}: expected ${found.expected}`);
  };
  const ca = read("authorities", files.authorities);
  if (ca.kind === "invalid") return ca;
  if (files.certificate === null || files.key === null) return valid({ ca: ca.value });
  const cert = read("certificate", files.certificate);
  if (cert.kind === "invalid") return cert;
  const key = read("key", files.key);
  if (key.kind === "invalid") return key;
  const { createPrivateKey, X509Certificate } = nodeCrypto();
  const own = new X509Certificate(cert.value);
  if (!own.checkPrivateKey(createPrivateKey(key.value))) {
    const other = `--${flags.certificate} ${quoted(files.certificate)}`;
    return invalid(`--${flags.key} ${quoted(files.key)}: expected the private key of ${other}`);
  }
  const subject = own.subject.replaceAll("\n", ", ");
  const ownCertificate = `${subject}, valid from ${own.validFrom} to ${own.validTo}`;
  return valid({ ca: ca.value, cert: cert.value, key: key.value, ownCertificate });
}

function content(file: keyof TlsFiles, path: string, readFile: ReadFile): Parsed<ReadText> {
  const { expected, fits } = contents[file];
  const reading = readNamedFile(path, readFile);
  if (reading.kind === "invalid") return invalid(`${expected}, but ${reading.why}`);
  return fits(reading.text) ? valid(reading) : invalid(expected);
}

/** Every one of them has to be good: what is skipped would be missed only when it is needed. */
function areCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  return blocks.length > 0 && blocks.length === begun && blocks.every(isCertificate);
}

function isCertificate(block: string): boolean {
  try {
    return new (nodeCrypto().X509Certificate)(block).serialNumber !== "";
  } catch {
    return false;
  }
}

/** Loaded when it is asked for: a replica without TLS does without it. */
function nodeCrypto(): typeof import("node:crypto") {
  return require("node:crypto") as typeof import("node:crypto");
}

function isPrivateKey(text: string): boolean {
  try {
    return nodeCrypto().createPrivateKey(text).type === "private";
  } catch {
    return false;
  }
}
