/** What is called of the C library to start processes, to watch over them and to end them. */
const functions = {
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  waitid: { args: ["i32", "u32", "ptr", "i32"], returns: "i32" },
  waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  sigaction: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getcontext: { args: ["ptr"], returns: "i32" },
  makecontext: {
    args: ["ptr", "ptr", "i32", "u64", "u64", "u64", "u64", "u64"],
    returns: "void",
  },
  clone: { args: ["ptr", "ptr", "i32", "ptr"], returns: "i32" },
  dlsym: { args: ["ptr", "ptr"], returns: "ptr" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

export type CLibrary = import("bun:ffi").Library<typeof functions>["symbols"];

/** Throws where it cannot be called. */
export function openCLibrary(): CLibrary {
  // Loaded here, because only a command under leadership needs it.
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  return dlopen("libc.so.6", functions).symbols;
}
