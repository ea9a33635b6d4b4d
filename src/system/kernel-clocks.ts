/** The clocks that count from the boot on. Source: clock_gettime(2), linux/time.h */
const clockIds = {
  /** Stands still while the machine is suspended; a time daemon may slew it. */
  monotonic: 1,
  /** The oscillator as it is: stands still in a suspend too, and nobody slews it. */
  raw: 4,
  /** The monotonic one, suspends included. What /proc/uptime tells. */
  boot: 7,
} as const;
export type ClockName = keyof typeof clockIds;

/** The library's functions that are needed here. */
const functions = {
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  clock_getres: { args: ["i32", "ptr"], returns: "i32" },
} as const;
type ClockFunction = import("bun:ffi").Library<typeof functions>["symbols"]["clock_gettime"];

/** The four halves of a `struct timespec` of 64-bit Linux, the low one first. */
const timespecLength = 4;
const highHalf = 2 ** 32;

/** Why there is no safe time on this system, with the cure: a sentence for a person. */
export class ClockError extends Error {
  readonly code = "no-clock";
}

/**
 * The kernel's clocks, read by call: a file that tells the time may be served by somebody else, and
 * be gone, or wrong, at any moment. A reading costs no descriptor and, mostly, no system call.
 */
export class KernelClocks {
  readonly #getTime: ClockFunction;
  readonly #getResolution: ClockFunction;
  /** Made once, because a lease reads the clocks at every step. */
  readonly #timespec = new Uint32Array(timespecLength);

  private constructor(getTime: ClockFunction, getResolution: ClockFunction) {
    this.#getTime = getTime;
    this.#getResolution = getResolution;
  }

  /** Throws a ClockError where the C library cannot be called. */
  static open(): KernelClocks {
    try {
      // Loaded here, because `--help` and `--version` need no clock.
      const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
      const { clock_gettime, clock_getres } = dlopen("libc.so.6", functions).symbols;
      return new KernelClocks(clock_gettime, clock_getres);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClockError(
        `the kernel's clocks cannot be read: ${reason}; the runtime has to compile to machine ` +
          "code, so a systemd unit must not set MemoryDenyWriteExecute=yes",
        { cause: error },
      );
    }
  }

  /** What the clock says, in milliseconds since the boot; NaN where the kernel refuses. */
  readMs(clock: ClockName): number {
    return this.#ask(this.#getTime, clock);
  }

  /** Of how many milliseconds one step of the clock is; NaN where the kernel has no such clock. */
  resolutionMs(clock: ClockName): number {
    return this.#ask(this.#getResolution, clock);
  }

  #ask(call: ClockFunction, clock: ClockName): number {
    const timespec = this.#timespec;
    if (call(clockIds[clock], timespec) !== 0) return Number.NaN;
    const [low = 0, high = 0, nanoseconds = 0] = timespec;
    return (high * highHalf + low) * 1_000 + nanoseconds / 1_000_000;
  }
}
