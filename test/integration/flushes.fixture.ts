import { LocalDisk } from "../../src/disk/local-disk.ts";

const disk = new LocalDisk(process.argv[2] ?? "");
await disk.makeDirectory();
await disk.makeDirectory();
await disk.writeDurably("a.tmp", "content");
await disk.publish("a.tmp", "a.json");
