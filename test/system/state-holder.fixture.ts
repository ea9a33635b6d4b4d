import { StateDirectory } from "../../src/system/state-directory.ts";

// A process that holds a state directory until it is killed: its path and what to remember, one
// record after the other. With `--each` it holds one more for each record. With `--look` it
// remembers nothing, and looks for dead ones without a pause.
const [path = "", ...given] = process.argv.slice(2);
const records = given.filter((argument) => !argument.startsWith("--"));
const state = await StateDirectory.open(path);
for (const record of records) {
  const holder = given.includes("--each") ? await StateDirectory.open(path) : state;
  await holder.remember(record);
}
process.stdout.write("ready\n");
const look = async (): Promise<void> => {
  const left = await state.leftBehind(() => undefined);
  for (const one of left.first) one.keep();
};
const looks = given.includes("--look");
if (looks) for (const end = Date.now() + 20_000; Date.now() < end;) await look();
setInterval(() => undefined, 1000);
