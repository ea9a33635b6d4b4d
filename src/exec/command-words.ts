import { invalid, type Parsed, valid } from "../options/parsed.ts";

const expected = "a program and its arguments, with quotes around what has spaces";

/**
 * Reads a command line into its words: spaces part them, single and double quotes hold them
 * together, a backslash takes the next character as it is. Nothing is expanded; there is no shell.
 */
export function parseCommandWords(text: string): Parsed<readonly string[]> {
  const words: string[] = [];
  // A word is a run of plain characters, escaped ones, and quoted parts, in any mixture.
  const word = /\s*((?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+)/y;
  let end = 0;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    words.push(unquoted(match[1] ?? ""));
    end = word.lastIndex;
  }
  if (words.length === 0 || text.slice(end).trim() !== "") return invalid(expected);
  if (words.some((each) => each.includes("\0")) || words[0] === "") return invalid(expected);
  return valid(words);
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g, (_match, ...parts) => {
    const [single, double, escaped] = parts as (string | undefined)[];
    return single ?? double?.replaceAll(/\\([^])/g, "$1") ?? escaped ?? "";
  });
}
