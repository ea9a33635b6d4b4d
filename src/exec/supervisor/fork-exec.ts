import { closeSync } from "node:fs";
import type { CLibrary } from "./c-library.ts";
import { isForShell, programFile } from "./program-file.ts";

/** Source: clone(2), linux/sched.h; signal(7) */
const sharingMemory = 0x100;
const untilExecuted = 0x4000;
const signalAtExit = 17;
/** Source: prctl(2), linux/prctl.h */
const setParentDeathSignal = 1n;
const sigkill = 9n;
/** Source: sigprocmask(2), bits/sigaction.h */
const setMask = 2;
const signals = 64;
/** More than a `struct sigaction` is long, which begins with the handler, and a `sigset_t`. */
const sigactionLength = 192;
const signalSetLength = 128;
/** Source: open(2), the flag on x86-64 and arm64 */
const closeOnExec = 0o2000000;
const standardDescriptors = [0, 1, 2];
/** Source: close_range(2), the number of the call on x86-64 and arm64 */
const closeRange = 436n;
const highestDescriptor = 2 ** 32 - 1;
/** Source: fcntl(2) */
const setDescriptorFlags = 2n;
/** The status of a child that could not execute its program: nobody sees it. */
const notExecuted = 127n;

/**
 * Where a `ucontext_t` of 64-bit Linux has its successor and its stack, in words of 64 bits, and
 * more than it is long. Source: sys/ucontext.h of glibc, alike on x86-64 and arm64
 */
const successorAt = 1;
const stackAt = 2;
const stackLengthAt = 4;
const contextLength = 8 * 1024;
/** One call of the library needs less; execvpe(3) besides copies the arguments' addresses. */
const leastStackLength = 32 * 1024;
const alignment = 64;

/** What is to be executed, and what it finds. */
export interface Execution {
  /** Looked for in our PATH where it has no slash; a text without "#!" is run by /bin/sh. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Which of our descriptors it has under which number, given in this order. It has ours under 0, 1
   * and 2 where nothing is said of them, and no others.
   */
  readonly descriptors: readonly (readonly [ours: number, its: number])[];
}

/** `pid`, or the number of the error for which it could not be forked or executed. */
type Forked =
  { readonly kind: "forked"; readonly pid: number } | { readonly kind: "failed"; errno: number };

/** A call that a child makes: the name of a function, and its arguments. */
type Call = readonly [name: string, ...parameters: bigint[]];

/**
 * Starts a program as a child that the kernel kills when this process dies, however it does
 * (PR_SET_PDEATHSIG), in a session of its own, with every signal as it is by default and none
 * blocked. No helper stands between, so it costs nothing but the fork.
 *
 * JavaScript does not survive a fork, so what the child does between fork and exec is not a program
 * but a list of calls of the C library: contexts of makecontext(3), each followed by the next. The
 * child shares our memory and we are stopped until it has executed (vfork), so its last
 * words, the error of execvpe(3), are left in a word of ours.
 *
 * Safety: we may die between fork and prctl(2), and then no signal comes. So the child writes to a
 * pipe whose only reader we are: when we are gone that kills it, by SIGPIPE, before it executes.
 */
export function forkAndExecute(library: CLibrary, program: Execution): Forked {
  using memory = new Memory(leastStackLength + 8 * program.words.length);
  const guard = new Int32Array(2);
  if (library.pipe2(guard, closeOnExec) !== 0) return failure(errnoOf(library));
  const [reader = -1, writer = -1] = guard;
  try {
    const error = new Int32Array(1);
    const bytes = memory.of(new Uint8Array(1));
    const first: Call[] = [
      ["prctl", setParentDeathSignal, sigkill],
      ["close", BigInt(reader)],
      ...handledSignals(library).map((signal): Call => ["signal", BigInt(signal), 0n]),
    ];
    const rest: Call[] = [
      ["write", BigInt(writer), bytes, 1n],
      ["setsid"],
      ...program.descriptors.map(handOver),
      ...closing(program),
      executing(program, memory),
      ["memcpy", memory.of(error), BigInt(library.__errno_location() ?? 0), 4n],
      ["_exit", notExecuted],
    ];
    const pid = runChild(library, memory, first, rest);
    if (pid < 0) return failure(errnoOf(library));
    const [errno = 0] = error;
    if (errno === 0) return { kind: "forked", pid };
    library.waitpid(pid, null, 0);
    return failure(errno);
  } finally {
    closeSync(reader);
    closeSync(writer);
  }
}

/** A descriptor that keeps its number is only kept from being closed by exec. */
function handOver([ours, its]: readonly [ours: number, its: number]): Call {
  if (ours === its) return ["fcntl", BigInt(ours), setDescriptorFlags, 0n];
  return ["dup2", BigInt(ours), BigInt(its)];
}

/**
 * Closes what it is not to have. A kernel before Linux 5.9 knows no close_range(2): there it has
 * what is not closed by exec, which is the case of few.
 */
function closing({ descriptors }: Execution): readonly Call[] {
  const kept = [...standardDescriptors, ...descriptors.map(([, its]) => its)].toSorted(
    (one, other) => one - other,
  );
  return kept.flatMap((descriptor, index): readonly Call[] => {
    const next = kept[index + 1];
    const [from, to] = [descriptor + 1, next === undefined ? highestDescriptor : next - 1];
    return from > to ? [] : [["syscall", closeRange, BigInt(from), BigInt(to), 0n]];
  });
}

function failure(errno: number): Forked {
  return { kind: "failed", errno };
}

/** Only execvpe(3) searches, and only it leaves to a shell whatever the kernel does not take. */
function executing({ words, environment }: Execution, memory: Memory): Call {
  const [word = ""] = words;
  const found = programFile(word);
  const call = found === undefined || isForShell(found) ? "execvpe" : "execve";
  const file = found?.path ?? word;
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return [call, memory.text(file), memory.texts(words), memory.texts(variables)];
}

/**
 * Lets a child make the calls, and returns its number once it has executed a program or is
 * gone. During the `first` ones no signal reaches it: it would run our handlers.
 */
function runChild(
  library: CLibrary,
  memory: Memory,
  first: readonly Call[],
  rest: readonly Call[],
): number {
  const before = new Uint8Array(signalSetLength);
  const contexts: Context[] = [];
  const make = (mask: number, calls: readonly Call[]): void => {
    // A context takes the mask with it that holds when it is made.
    library.sigprocmask(setMask, new Uint8Array(signalSetLength).fill(mask), null);
    for (const call of calls) contexts.push(new Context(library, memory, call));
  };
  library.sigprocmask(setMask, null, before);
  try {
    make(0, rest);
    const unblocked = contexts.splice(0);
    make(0xff, first);
    contexts.push(...unblocked);
    for (const [index, context] of contexts.entries()) context.precede(contexts[index + 1]);
    const stack = memory.stack() + BigInt(memory.stackLength);
    const flags = sharingMemory | untilExecuted | signalAtExit;
    const start = symbolOf(library, memory, "setcontext");
    return library.clone(pointer(start), pointer(stack), flags, pointer(contexts[0]?.at ?? 0n));
  } finally {
    library.sigprocmask(setMask, before, null);
  }
}

/** One call of the child. */
class Context {
  readonly at: bigint;
  readonly #words: BigUint64Array;
  readonly #make: () => void;

  constructor(library: CLibrary, memory: Memory, [name, ...parameters]: Call) {
    const { address, bytes } = memory.block(contextLength);
    this.at = address;
    library.getcontext(bytes);
    this.#words = new BigUint64Array(bytes.buffer, bytes.byteOffset, stackLengthAt + 1);
    this.#words[stackAt] = memory.stack();
    this.#words[stackLengthAt] = BigInt(memory.stackLength);
    const called = pointer(symbolOf(library, memory, name));
    const [one = 0n, two = 0n, three = 0n, four = 0n, five = 0n] = parameters;
    this.#make = () => library.makecontext(bytes, called, 5, one, two, three, four, five);
  }

  /** What is called when this call has returned; nothing returns from the last one. */
  precede(next: Context | undefined): void {
    this.#words[successorAt] = next?.at ?? 0n;
    this.#make();
  }
}

/** Memory that stays where it is until this is disposed: a fork needs addresses. */
class Memory implements Disposable {
  readonly stackLength: number;
  readonly #held: unknown[] = [];
  readonly #ffi = require("bun:ffi") as typeof import("bun:ffi");

  constructor(stackLength: number) {
    this.stackLength = stackLength;
  }

  [Symbol.dispose](): void {
    this.#held.length = 0;
  }

  of(bytes: NodeJS.TypedArray): bigint {
    this.#held.push(bytes);
    return BigInt(this.#ffi.ptr(bytes));
  }

  /** As C has it: it ends in NUL. */
  text(text: string): bigint {
    return this.of(Buffer.from(`${text}\0`));
  }

  texts(texts: readonly string[]): bigint {
    return this.of(new BigUint64Array([...texts.map((text) => this.text(text)), 0n]));
  }

  block(length: number): { readonly address: bigint; readonly bytes: Uint8Array } {
    const bytes = Buffer.allocUnsafeSlow(length + alignment);
    const begin = this.of(bytes);
    const skip = Number(-begin & BigInt(alignment - 1));
    return { address: begin + BigInt(skip), bytes: bytes.subarray(skip, skip + length) };
  }

  /** Where a stack begins that a call may use. */
  stack(): bigint {
    return this.block(this.stackLength).address;
  }
}

/** The signals that are not as they are by default: what is ignored would be inherited as that. */
function handledSignals(library: CLibrary): readonly number[] {
  const action = new BigUint64Array(sigactionLength / 8);
  const all = Array.from({ length: signals }, (_, index) => index + 1);
  return all.filter((signal) => library.sigaction(signal, null, action) === 0 && action[0] !== 0n);
}

function symbolOf(library: CLibrary, memory: Memory, name: string): bigint {
  const found = library.dlsym(null, pointer(memory.text(name)));
  if (found === null) throw new Error(`the C library has no ${name}`);
  return BigInt(found);
}

function errnoOf(library: CLibrary): number {
  const { read } = require("bun:ffi") as typeof import("bun:ffi");
  const at = library.__errno_location();
  return at === null ? 0 : read.i32(at, 0);
}

function pointer(address: bigint): import("bun:ffi").Pointer {
  return Number(address) as import("bun:ffi").Pointer;
}
