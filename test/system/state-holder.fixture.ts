import { StateDirectory } from "../../src/system/state-directory.ts";

// A process that holds a state directory until it is killed: its path and what to remember.
const [path = "", ...records] = process.argv.slice(2);
const state = await StateDirectory.open(path);
for (const record of records) state.remember(record);
process.stdout.write("ready\n");
setInterval(() => undefined, 1000);
