import { StateDirectory } from "../../src/system/state-directory.ts";

// A process that holds a state directory until it is killed: its path and what to remember. With
// `--look` it remembers nothing, and looks for dead ones without a pause.
const [path = "", ...records] = process.argv.slice(2);
const looks = records[0] === "--look";
const state = await StateDirectory.open(path);
for (const record of looks ? [] : records) await state.remember(record);
process.stdout.write("ready\n");
const look = async (): Promise<void> => {
  for await (const left of state.leftBehind(() => undefined)) left.keep();
};
if (looks) for (const end = Date.now() + 20_000; Date.now() < end;) await look();
setInterval(() => undefined, 1000);
