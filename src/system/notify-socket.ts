/** Source: socket(2), sys/socket.h and bits/socket_type.h of Linux */
const addressFamilyUnix = 1;
const datagram = 2;
const closeOnExec = 0o2000000;
const withoutWaiting = 0x40;
const withoutSignal = 0x4000;
/** Source: unix(7), sun_path */
const longestPathBytes = 108;

/** The library's functions that are needed here. */
const functions = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
} as const;

type Library = import("bun:ffi").Library<typeof functions>;

/**
 * The datagram socket on which a service manager hears its services. Bun speaks no such sockets, so
 * it is the C library's.
 */
export class NotifySocket implements Disposable {
  readonly #library: Library;
  readonly #descriptor: number;
  readonly #address: Uint8Array;
  #open = true;

  private constructor(library: Library, descriptor: number, address: Uint8Array) {
    this.#library = library;
    this.#descriptor = descriptor;
    this.#address = address;
  }

  /** @param name a path, or an abstract name behind "@". Throws where none can be had. */
  static open(name: string): NotifySocket {
    const address = addressOf(name);
    // Loaded here, because a system without it must only lose this one feature.
    const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
    const library = dlopen("libc.so.6", functions);
    const descriptor = library.symbols.socket(addressFamilyUnix, datagram | closeOnExec, 0);
    if (descriptor >= 0) return new NotifySocket(library, descriptor, address);
    library.close();
    throw new Error("no datagram socket is to be had");
  }

  /** Sends one datagram without waiting for room. Throws when it was not taken. */
  send(message: string): void {
    const bytes = Buffer.from(message);
    const address = this.#address;
    const flags = withoutWaiting | withoutSignal;
    const { sendto } = this.#library.symbols;
    const sent = sendto(this.#descriptor, bytes, bytes.length, flags, address, address.length);
    if (Number(sent) !== bytes.length) throw new Error("nobody took the datagram");
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#library.symbols.close(this.#descriptor);
    this.#library.close();
  }
}

/** The kernel's form of a name: the family, and a path that ends in NUL or begins with it. */
function addressOf(name: string): Uint8Array {
  const isAbstract = name.startsWith("@");
  if (!isAbstract && !name.startsWith("/")) {
    throw new Error("its name is neither a path nor begins with @");
  }
  const path = Buffer.from(isAbstract ? `\0${name.slice(1)}` : `${name}\0`);
  if (path.length > longestPathBytes) throw new Error("its name is too long");
  const family = Buffer.from(Uint16Array.of(addressFamilyUnix).buffer);
  return Buffer.concat([family, path]);
}
