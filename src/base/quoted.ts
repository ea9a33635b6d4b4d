const longest = 80;

/** Control characters, line separators and those that turn the direction of writing. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A value that somebody typed, fit for one line of a terminal: in quotes, control characters
 * escaped, cut after 80 characters.
 */
export function quoted(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return printable(JSON.stringify(cut));
}

/** A text fit for one line of a terminal: whatever a terminal would obey is escaped. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
