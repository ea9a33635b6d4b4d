import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FileLock } from "../../src/system/file-lock.ts";

// A process that looks through a directory again and again, and takes every lock that it can get.
const [path = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
for (;;) {
  for (const name of readdirSync(path)) {
    if (!name.endsWith(".lock")) continue;
    try {
      using lock = FileLock.tryLock(join(path, name), "r");
      if (lock !== undefined) rmSync(lock.path, { force: true });
    } catch {
      // It was removed meanwhile.
    }
  }
}
