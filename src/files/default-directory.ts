/** Each service has a directory of its own below it. Any user may have made it: for trying out. */
const parent = "/tmp/election";
/** A longer name is cut, and told from others by a digest: a file system takes 255 bytes. */
const longestName = 200;

/** The directory of a service's files where none is given: no two services have the same. */
export const defaultDirectory = {
  /** @param place what stands for the place of the service */
  shown: (place: string): string => `${parent}/${place}`,
  /** @param place where the service is kept, such as /a/b: that makes one name, a%2Fb */
  of: (place: string): string => `${parent}/${nameOf(place)}`,
};

function nameOf(place: string): string {
  const name = place.replace(/^\//, "").replaceAll(/[^A-Za-z0-9._-]+|^\.+$/g, escaped);
  if (name.length <= longestName) return name;
  const digest = new Bun.CryptoHasher("sha256").update(place).digest("hex");
  // No other name has this sign.
  return `${name.slice(0, longestName)}~${digest.slice(0, 32)}`;
}

/** The bytes of a text, as addresses have them. */
function escaped(text: string): string {
  const bytes = [...Buffer.from(text)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
