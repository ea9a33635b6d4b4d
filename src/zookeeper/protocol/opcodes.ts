/** The request types this client sends. Source: ZooDefs.java:36-104. */
export const Opcode = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  auth: 100,
  setWatches: 101,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** The request numbers with a meaning of their own. Source: ClientCnxn.java:122-128. */
export const SpecialXid = {
  notification: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const;
export type SpecialXid = (typeof SpecialXid)[keyof typeof SpecialXid];

/** Request numbers are positive and start over behind this one. Source: ClientCnxn.java:1535. */
export const maximumXid = 0x7fff_ffff;
