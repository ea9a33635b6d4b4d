import { LocalDisk } from "../../src/disk/local-disk.ts";

// Makes a directory, and a file in it by each way that is durable. With `--beat` it says how often
// the event loop came round meanwhile.
const disk = new LocalDisk(process.argv[2] ?? "");
let turns = 0;
const beating = setInterval(() => {
  turns += 1;
}, 1);
await disk.makeDirectory();
await disk.makeDirectory();
await disk.writeDurably("a.tmp", "content");
await disk.publish("a.tmp", "a.json");
await disk.replace("b.json", "b.tmp", "content");
await disk.remove("b.json");
clearInterval(beating);
if (process.argv.includes("--beat")) process.stdout.write(`${turns}\n`);
