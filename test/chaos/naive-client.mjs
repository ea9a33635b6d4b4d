// A leader as one writes it with the npm package `zookeeper`: it creates an ephemeral node, and
// believes to lead as long as the client's state says CONNECTED. It runs under Node, because the
// package is a native add-on.
//   node naive-client.mjs <server> <session timeout in ms>
// Prints a JSON line whenever its belief changes, with the wall clock's time.
import { createRequire } from "node:module";

const ZooKeeper = createRequire(import.meta.url)("zookeeper");
const { constants } = ZooKeeper;
const path = "/naive-leader";
const intervalMs = 20;

const client = new ZooKeeper({
  connect: process.argv[2],
  timeout: Number(process.argv[3]),
  debug_level: constants.ZOO_LOG_LEVEL_ERROR,
  host_order_deterministic: false,
});

let owns = false;
let believed = false;

function look() {
  const believes = owns && client.state === constants.ZOO_CONNECTED_STATE;
  if (believes === believed) return;
  believed = believes;
  process.stdout.write(`${JSON.stringify({ believes, at: Date.now() })}\n`);
}

async function attempt() {
  try {
    await client.create(path, Buffer.from("naive"), constants.ZOO_EPHEMERAL);
    owns = true;
  } catch {
    setTimeout(attempt, intervalMs);
  }
}

client.once("connect", attempt);
client.init({});
setInterval(look, intervalMs);
