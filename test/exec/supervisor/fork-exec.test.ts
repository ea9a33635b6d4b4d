import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { openCLibrary } from "../../../src/exec/supervisor/c-library.ts";
import { executionProblem } from "../../../src/exec/supervisor/program-file.ts";
import { forkAndExecute, type Execution } from "../../../src/exec/supervisor/fork-exec.ts";

const library = openCLibrary();
const directory = mkdtempSync(join(tmpdir(), "fork-exec-"));
const output = join(directory, "output");
const ignored = (): void => undefined;

beforeAll(() => {
  process.on("SIGUSR2", ignored);
});

afterAll(() => {
  process.off("SIGUSR2", ignored);
  rmSync(directory, { recursive: true, force: true });
});

/** Executes a program to its end; resolves with what it wrote and the status of wait(2). */
function execute(words: readonly string[], more: Partial<Execution> = {}) {
  const descriptor = openSync(output, "w");
  try {
    const forked = forkAndExecute(library, {
      words,
      environment: { PATH: process.env["PATH"] },
      descriptors: [[descriptor, 1]],
      ...more,
    });
    if (forked.kind === "failed") return { errno: forked.errno };
    const status = new Int32Array(1);
    expect(library.waitpid(forked.pid, status, 0)).toBe(forked.pid);
    return { status: status[0], text: readFileSync(output, "utf8") };
  } finally {
    closeSync(descriptor);
  }
}

const python = (...lines: readonly string[]): readonly string[] => [
  "python3",
  "-c",
  ["import ctypes, os, signal", ...lines].join("\n"),
];

test("fork and execute: the child gets its words and its environment, and its status comes back", () => {
  const words = ["sh", "-c", 'echo "$1" "$GREETING"; exit 7', "sh", "a word, and 漢字"];
  const environment = { PATH: process.env["PATH"], GREETING: "hello", LEFT_OUT: undefined };
  expect(execute(words, { environment })).toEqual({
    status: 7 << 8,
    text: "a word, and 漢字 hello\n",
  });
});

test("fork and execute: the kernel kills the child when this process dies", () => {
  const { text } = execute(
    python(
      "death = ctypes.c_int()",
      "ctypes.CDLL(None).prctl(2, ctypes.byref(death))",
      "print(death.value)",
    ),
  );
  expect(text).toBe("9\n");
});

test("fork and execute: no signal is blocked or ignored, and the session is its own", () => {
  const { text = "" } = execute(
    python("print(os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())"),
  );
  expect(text).toBe("True True\n");
  // Python itself ignores some signals.
  const { text: status = "" } = execute(["cat", "/proc/self/status"]);
  const masks = [...status.matchAll(/^(Sig(?:Blk|Ign|Cgt)):\t(\w+)$/gm)];
  // Two are the C library's own, which no program may set: as an ancestor left them, they stay.
  const own = (1n << 31n) | (1n << 32n);
  const set = masks.map(([, name, mask]) => `${name} ${BigInt(`0x${mask}`) & ~own}`);
  expect(set).toEqual(["SigBlk 0", "SigIgn 0", "SigCgt 0"]);
});

test("fork and execute: it has the descriptors that it is given, and no others", () => {
  const descriptor = openSync("/dev/null", "r");
  const { text } = execute(["ls", "/proc/self/fd"], {
    descriptors: [
      [descriptor, 0],
      [openSync(output, "w"), 1],
      [descriptor, 5],
    ],
  });
  closeSync(descriptor);
  // The next free number is the directory's that ls reads.
  expect(text?.split("\n").filter(Boolean)).toEqual(["0", "1", "2", "3", "5"]);
});

test("fork and execute: a text without #! is run by the shell, as by every other program", async () => {
  const script = join(directory, "script");
  await Bun.write(script, 'echo "run with $1"\n');
  chmodSync(script, 0o755);
  expect(execute([script, "this"]).text).toBe("run with this\n");
});

test.each([
  ["is not there", "no-such-program-anywhere", "ENOENT"],
  ["is a directory", tmpdir(), "EACCES"],
  ["has no interpreter", join(directory, "lost"), "ENOENT"],
] as const)("fork and execute: a program that %s is told by its error", async (_, word, error) => {
  await Bun.write(join(directory, "lost"), "#!/no/such/interpreter\n");
  chmodSync(join(directory, "lost"), 0o755);
  expect(execute([word])).toEqual({ errno: constants.errno[error] });
});

/** A binary of another machine. Source: elf(5), e_machine at 18: 0xf3 is RISC-V */
function foreignBinary(): Buffer {
  const bytes = readFileSync("/bin/true");
  bytes.writeUInt16LE(0xf3, 18);
  return bytes;
}

test.each([
  ["a binary of another machine", foreignBinary()],
  ["an empty file", Buffer.alloc(0)],
  ["bytes with NUL in the first line", Buffer.from("echo hello\0\n")],
])("fork and execute: %s is not given to the shell", async (_, content) => {
  const file = join(directory, "no-text");
  await Bun.write(file, content);
  chmodSync(file, 0o755);
  expect(execute([file])).toEqual({ errno: constants.errno.ENOEXEC });
  const environment = { PATH: process.env["PATH"] };
  expect(execute(["no-text"], { environment })).toEqual({ errno: constants.errno.ENOENT });
});

test.each([
  ["#!/no/such/interpreter -x\n", "ENOENT", "its interpreter /no/such/interpreter is not there"],
  ["", "ENOEXEC", "it is empty"],
  ["\x7fELF\0\n", "ENOEXEC", "it is no program for this machine"],
  ["\x7fELF\0\n", "ENOENT", "the loader that it asks for is not there"],
] as const)("fork and execute: for %j, %s is explained", async (content, name, problem) => {
  const file = join(directory, "explained");
  await Bun.write(file, content);
  expect(executionProblem(file, constants.errno[name])).toBe(`${problem} (${name})`);
  expect(executionProblem(join(directory, "absent"), constants.errno[name])).toBe(name);
});

test("fork and execute: many and long arguments arrive", () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `argument ${index}`);
  expect(execute(["sh", "-c", "echo $#", "sh", ...many]).text).toBe("20000\n");
  expect(execute(["sh", "-c", "echo ${#1}", "sh", "x".repeat(100_000)]).text).toBe("100000\n");
});
