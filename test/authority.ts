import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its private key, as PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** What the certificate is for, in OpenSSL's notation: `DNS:a,IP:127.0.0.1`. */
  readonly names?: string;
  /** Negative for one that has expired. */
  readonly days?: number;
}

const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/** An authority of a test's own, which signs certificates; all is kept in one directory. */
export class Authority {
  /** Its certificate: what has to be trusted. */
  readonly file: string;
  readonly #key: string;
  #signed = 0;

  constructor(directory: string, name: string) {
    this.file = join(directory, `${name}.pem`);
    this.#key = join(directory, `${name}.key`);
    openssl(`req -x509 ${newKey} -days 2 -subj /CN=${name} -keyout ${this.#key} -out ${this.file}`);
  }

  /** Signs a certificate whose subject is `CN=<name>`. */
  certificate(name: string, options: CertificateOptions = {}): Certificate {
    const { names = `DNS:${name}`, days = 2 } = options;
    this.#signed += 1;
    const stem = this.file.replace(/\.pem$/, `-${this.#signed}-${name}`);
    const [cert, key] = [`${stem}.pem`, `${stem}.key`];
    const [request, extensions] = [`${stem}.csr`, `${stem}.ext`];
    openssl(`req -new ${newKey} -subj /CN=${name} -keyout ${key} -out ${request}`);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    const signing = `-CA ${this.file} -CAkey ${this.#key} -days ${days} -extfile ${extensions}`;
    openssl(`x509 -req -in ${request} ${signing} -out ${cert}`);
    return { cert, key };
  }
}

/** One file with key and certificate: what a ZooKeeper server takes for a key store. */
export function keyStoreOf({ cert, key }: Certificate): string {
  const store = cert.replace(/\.pem$/, "-store.pem");
  writeFileSync(store, readFileSync(key, "utf8") + readFileSync(cert, "utf8"), { mode: 0o600 });
  return store;
}

function openssl(command: string): void {
  const made = Bun.spawnSync(["openssl", ...command.split(" ")], { stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(`openssl ${command}: ${made.stderr.toString()}`);
}
