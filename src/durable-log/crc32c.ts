/** The polynomial of Castagnoli, its bits reversed. Source: RFC 3720, 12.1 */
const polynomial = 0x82f63b78;

/** Eight tables of 256 words, one after another: eight bytes are taken in one turn. */
const tables = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? polynomial : 0);
  tables[byte] = value;
}
for (let at = 256; at < tables.length; at += 1) {
  const before = tables[at - 256] ?? 0;
  tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
}

/** The CRC-32C of the bytes, as an unsigned number. It finds every fault of up to three bits. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (; at + 8 <= bytes.length; at += 8) {
    const low = view.getInt32(at, true) ^ crc;
    const high = view.getInt32(at + 4, true);
    crc =
      word(7, low) ^
      word(6, low >>> 8) ^
      word(5, low >>> 16) ^
      word(4, low >>> 24) ^
      word(3, high) ^
      word(2, high >>> 8) ^
      word(1, high >>> 16) ^
      word(0, high >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ word(0, crc ^ (bytes[at] ?? 0));
  return (crc ^ -1) >>> 0;
}

function word(table: number, byte: number): number {
  return tables[table * 256 + (byte & 0xff)] ?? 0;
}
