/**
 * A session's number as servers and their tools write it: `0x` and the hexadecimal digits of the
 * unsigned number, without leading zeros. Source: Long.toHexString in ZooKeeperServer.java.
 */
export function formatSessionId(sessionId: bigint): string {
  return `0x${BigInt.asUintN(64, sessionId).toString(16)}`;
}
