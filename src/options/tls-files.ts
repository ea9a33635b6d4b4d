import { readNamedFile, type ReadFile, sharing } from "./named-file.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";
import { quoted } from "../base/quoted.ts";
import type { ReadText, Surroundings } from "./environment.ts";

/** The files that TLS takes, by their paths. The last two come together or not at all. */
export interface TlsFiles {
  readonly authorities: string;
  readonly certificate: string | null;
  readonly key: string | null;
}

/** What stood in the files when they were read. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  /** What our certificate says of itself: for people. */
  readonly ownCertificate?: string;
}

/** What a file holds, and the option that names it. */
interface Content {
  readonly flag: string;
  readonly expected: string;
  /** Whether a text is what is expected. */
  readonly fits: (text: string) => boolean;
}

const authorities: Content = {
  flag: "zk-tls-ca",
  expected: "a PEM file with the certificates of the servers' authorities",
  fits: areCertificates,
};
const certificate: Content = {
  flag: "zk-tls-cert",
  expected: "a PEM file with our certificate, and those between it and its authority behind it",
  fits: areCertificates,
};
const key: Content = {
  flag: "zk-tls-key",
  expected: "a PEM file with the private key of our certificate, without a passphrase",
  fits: isPrivateKey,
};

export function parseAuthoritiesFile(path: string, from: Surroundings): Parsed<string> {
  return parseFile(authorities, path, from);
}

export function parseCertificateFile(path: string, from: Surroundings): Parsed<string> {
  return parseFile(certificate, path, from);
}

export function parseKeyFile(path: string, { readFile }: Surroundings): Parsed<string> {
  const found = content(key, path, readFile);
  if (found.kind === "invalid") return found;
  return { ...valid(path), ...sharing(found.value) };
}

/**
 * Reads the files, as they are now: they are replaced while we run. What is wrong with them is told
 * with option and path.
 */
export function readTlsFiles(files: TlsFiles, readFile: ReadFile): Parsed<TlsMaterial> {
  const ca = named(authorities, files.authorities, readFile);
  if (ca.kind === "invalid") return ca;
  if (files.certificate === null || files.key === null) return valid({ ca: ca.value });
  const cert = named(certificate, files.certificate, readFile);
  if (cert.kind === "invalid") return cert;
  const secret = named(key, files.key, readFile);
  if (secret.kind === "invalid") return secret;
  const { createPrivateKey, X509Certificate } = nodeCrypto();
  const own = new X509Certificate(cert.value);
  if (!own.checkPrivateKey(createPrivateKey(secret.value))) {
    const other = `--${certificate.flag} ${quoted(files.certificate)}`;
    return invalid(`--${key.flag} ${quoted(files.key)}: expected the private key of ${other}`);
  }
  const subject = own.subject.replaceAll("\n", ", ");
  const ownCertificate = `${subject}, valid from ${own.validFrom} to ${own.validTo}`;
  return valid({ ca: ca.value, cert: cert.value, key: secret.value, ownCertificate });
}

function parseFile(kind: Content, path: string, { readFile }: Surroundings): Parsed<string> {
  const found = content(kind, path, readFile);
  return found.kind === "valid" ? valid(path) : found;
}

function named(kind: Content, path: string, readFile: ReadFile): Parsed<string> {
  const found = content(kind, path, readFile);
  if (found.kind === "valid") return valid(found.value.text);
  return invalid(`--${kind.flag} ${quoted(path)}: expected ${found.expected}`);
}

function content(kind: Content, path: string, readFile: ReadFile): Parsed<ReadText> {
  const reading = readNamedFile(path, readFile);
  if (reading.kind === "invalid") return invalid(`${kind.expected}, but ${reading.why}`);
  return kind.fits(reading.text) ? valid(reading) : invalid(kind.expected);
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
