import { readFile, stat } from "node:fs/promises";

/** The largest file that is read: no token needs as much, so a larger one is named by mistake. */
const largestBytes = 4096;
/** The least length of a token: a shorter one can be guessed. */
const leastCharacters = 16;
const tooShort = `it is shorter than ${leastCharacters} characters`;
/** The mode bits by which others than the owner may read a file. */
const readableByOthers = 0o044;

/** The usual errors of a file, for people. */
const plainly: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "this user may not read it",
};

/** What a token file holds. */
type TokenReading =
  | {
      readonly kind: "read";
      readonly token: string;
      /** Others on this host may read it too. */
      readonly isExposed: boolean;
    }
  /** `detail` completes the sentence "expected a file with a token, but ...". */
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Reads the token of a file: one line of at least 16 visible characters, of ASCII. It does not
 * block the loop, whatever the file is on: strangers can have it read.
 */
export async function readToken(path: string): Promise<TokenReading> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) return failed("it is a directory");
    if (!status.isFile()) return failed("it is not a regular file");
    if (status.size > largestBytes) return failed(`it exceeds ${largestBytes} bytes`);
    const token = (await readFile(path, "utf8")).trim();
    if (!/^[\x21-\x7e]+$/.test(token)) return failed("it is not one line without spaces");
    if (token.length < leastCharacters) return failed(tooShort);
    return { kind: "read", token, isExposed: (status.mode & readableByOthers) !== 0 };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return failed(plainly[code] ?? `it is unreadable (${code})`);
  }
}

/** Whether two tokens are equal, in a time that does not tell how much of them is. */
export function isSameToken(one: string, other: string): boolean {
  return crypto.timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(token: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(token).digest();
}

function failed(detail: string): TokenReading {
  return { kind: "failed", detail };
}
