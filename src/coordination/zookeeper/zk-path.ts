import { invalid, type Parsed, valid } from "../../options/parsed.ts";

const longest = 512;
const expected =
  'an absolute path other than "/", such as /election, without a trailing "/" and without ' +
  'empty, "." or ".." parts';

/**
 * Characters that no path may hold: controls, surrogates, the private use area and specials.
 * Source: ZooKeeper 3.8, PathUtils.validatePath.
 */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const forbidden = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** Checks the path under which a service keeps its records: at most 512 characters. */
export function parseZkPath(text: string): Parsed<string> {
  if (text.length > longest) return invalid(`a path of at most ${longest} characters`);
  if (forbidden.test(text)) return invalid("a path without control or private characters");
  const [first, ...parts] = text.split("/");
  if (first !== "" || parts.length === 0) return invalid(expected);
  if (parts.some((part) => part === "" || part === "." || part === "..")) return invalid(expected);
  if (parts[0] === "zookeeper") return invalid("a path outside the reserved /zookeeper");
  return valid(text);
}
