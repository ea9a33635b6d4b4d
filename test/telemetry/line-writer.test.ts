import { expect, test } from "bun:test";
import { LineWriter } from "../../src/telemetry/log/line-writer.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

const mebibyte = 1024 * 1024;

/** A descriptor that takes `capacity` bytes, and whose reader empties it on demand. */
function pipe(capacity: number) {
  const scheduler = new FakeScheduler();
  const state = {
    room: capacity,
    received: "",
    pausedMs: 0,
    error: undefined as string | undefined,
  };
  const write = (bytes: Uint8Array): number => {
    if (state.error !== undefined) throw Object.assign(new Error("fake"), { code: state.error });
    if (state.room === 0) throw Object.assign(new Error("fake"), { code: "EAGAIN" });
    const taken = bytes.subarray(0, state.room);
    state.room -= taken.length;
    state.received += Buffer.from(taken).toString();
    return taken.length;
  };
  const pause = (ms: number): void => {
    state.pausedMs += ms;
  };
  return { scheduler, state, writer: new LineWriter({ scheduler, write, pause }) };
}

test("line writer: a line is written before write returns", () => {
  const { state, writer } = pipe(100);
  writer.write("hello");
  expect(state.received).toBe("hello\n");
});

test("line writer: a line that was torn is completed before the next one", async () => {
  const { scheduler, state, writer } = pipe(3);
  writer.write("hello");
  writer.write("world");
  expect(state.received).toBe("hel");
  state.room = 100;
  await scheduler.advance(100);
  expect(state.received).toBe("hello\nworld\n");
  expect(scheduler.sleeping).toBe(0);
});

test("line writer: a stalled reader makes nobody wait; what does not fit is counted", () => {
  const { state, writer } = pipe(0);
  const line = "x".repeat(mebibyte - 1);
  for (let index = 0; index < 10; index += 1) writer.write(line);
  expect(state.pausedMs).toBe(0);
  expect(writer.dropped).toBe(2);
  expect(writer.takeUnreported()).toBe(0);
  state.room = 100 * mebibyte;
  writer.write("after");
  expect(writer.takeUnreported()).toBe(2);
  expect(writer.takeUnreported()).toBe(0);
  expect(state.received.length).toBe(8 * mebibyte + 6);
});

test("line writer: flush waits, but only so long", () => {
  const { state, writer } = pipe(0);
  writer.write("hello");
  writer.flush(50);
  expect(state.pausedMs).toBe(50);
  state.room = 10;
  writer.flush(50);
  expect(state.pausedMs).toBe(50);
  expect(state.received).toBe("hello\n");
});

test.each(["EPIPE", "EBADF", "ENOSPC", "EIO"])("line writer: %s costs the lines only", (code) => {
  const { state, writer } = pipe(100);
  state.error = code;
  writer.write("a");
  writer.write("b");
  writer.flush(50);
  expect(state.pausedMs).toBe(0);
  expect(writer.dropped).toBe(2);
  state.error = undefined;
  writer.write("c");
  expect(state.received).toBe("c\n");
});

test("line writer: disposing ends the retries, twice as well", async () => {
  const { scheduler, writer } = pipe(0);
  writer.write("hello");
  expect(scheduler.sleeping).toBe(1);
  await writer[Symbol.asyncDispose]();
  await writer[Symbol.asyncDispose]();
  expect(scheduler.sleeping).toBe(0);
});

const chatty = `${import.meta.dir}/chatty.fixture.ts`;

test("line writer: nothing is lost when a process writes 50,000 lines and exits", async () => {
  const child = Bun.spawn([process.execPath, chatty], { stderr: "pipe", stdout: "ignore" });
  const lines = (await child.stderr.text()).trimEnd().split("\n");
  expect(await child.exited).toBe(7);
  expect(lines.length).toBe(50_000);
  expect((JSON.parse(lines[49_999] ?? "{}") as { index?: number }).index).toBe(49_999);
});

test("line writer: a reader that never reads does not keep a process from ending", async () => {
  const child = Bun.spawn([process.execPath, chatty], { stderr: "pipe", stdout: "ignore" });
  // The pipe is not read before the process has ended by itself.
  expect(await child.exited).toBe(7);
});

test("line writer: a process whose stderr is closed or whose reader is gone runs on", async () => {
  for (const redirection of ["2>&-", "2> >(exit)", "2>/dev/full"]) {
    const command = `{ "$0" "$1"; echo "$?" >&3; } 3>&1 ${redirection}`;
    const shell = ["bash", "-c", `{ ${command}; } 2>/dev/null`, process.execPath, chatty];
    const child = Bun.spawn(shell, { stdout: "pipe", stderr: "ignore" });
    expect([redirection, (await child.stdout.text()).trim()]).toEqual([redirection, "7"]);
  }
}, 60_000);
