import {
  type Arguments,
  expect,
  listOf,
  nodeOf,
  nodesNamed,
  optionalNumber,
  raftLeader,
  running,
  selectionOf,
  wholeNumber,
} from "./arguments.ts";
import { showApplied, showFacts, showFlights, showLog } from "./showing.ts";
import { begin, givenOnDisk } from "./setting.ts";
import type { World } from "./world.ts";

/** A command: how it is written, and what it does. `read` throws for what is malformed. */
interface ScriptCommand {
  readonly usage: string;
  read(args: Arguments): (world: World) => void;
}

const selectionUsage = "[FROM TO] [kind=KIND] [first=N]";

/** A command on messages under way. */
function onMessages(name: "deliver" | "drop" | "duplicate"): ScriptCommand {
  const modes = name === "deliver" ? " or deliver auto|manual" : "";
  return {
    usage: `${name} ${selectionUsage}${modes}`,
    read: (args) => {
      expect(args, 0, 2, ["kind", "first"]);
      const [mode] = args.plain;
      if (name === "deliver" && (mode === "auto" || mode === "manual")) {
        expect(args, 1, 1);
        return (world) => void (world.delivers = mode === "auto");
      }
      const selection = selectionOf(args);
      return (world) => {
        for (const id of args.plain) if (id !== "*") nodeOf(world, id);
        world[name](selection);
      };
    },
  };
}

/** A command on each node that is named. */
function onNodes(
  usage: string,
  least: number,
  act: (world: World, id: string) => void,
): ScriptCommand {
  return {
    usage,
    read: (args) => {
      expect(args, least, Infinity);
      return (world) => {
        for (const { id } of nodesNamed(world, args.plain)) act(world, id);
      };
    },
  };
}

/** `persist` and `apply`: by itself, by hand, or now. */
function onProgress(name: "persist" | "apply"): ScriptCommand {
  const field = name === "persist" ? "persists" : "applies";
  return {
    usage: `${name} [NODE...] [first=N] or ${name} auto|manual [NODE...]`,
    read: (args) => {
      expect(args, 0, Infinity, name === "persist" ? ["first"] : []);
      const [mode, ...ids] = args.plain;
      const count = optionalNumber(args, "first", 1);
      if (mode === "auto" || mode === "manual") {
        return (world) => {
          for (const node of nodesNamed(world, ids)) {
            node[field] = mode === "auto";
            if (mode === "auto") node[name]();
          }
        };
      }
      return (world) => {
        for (const node of nodesNamed(world, args.plain)) {
          if (name === "persist" && node.writesWaiting === 0 && args.plain.length > 0) {
            world.say(`${node.id} has nothing to write`);
          }
          if (name === "persist") node.persist(count);
          else node.apply();
        }
      };
    },
  };
}

const commandTable: Readonly<Record<string, ScriptCommand>> = {
  nodes: {
    usage:
      "nodes COUNT|ID... [learners=ID,...] [spare=ID,...] [election=MS] [most=MS] [heartbeat=MS] " +
      "[seed=N] [append=BYTES] [inflight=BYTES] [piece=BYTES]",
    read: begin,
  },
  given: { usage: "given NODE [term=N] [vote=NODE] [log=TERM,TERM,...]", read: givenOnDisk },
  campaign: {
    usage: "campaign NODE [now|soon|forced]",
    read: (args) => {
      expect(args, 1, 2);
      const [id = "", how = "now"] = args.plain;
      if (how !== "now" && how !== "soon" && how !== "forced") throw new Error(`not "${how}"`);
      return (world) => running(world, id).give({ kind: "campaign", how });
    },
  },
  propose: {
    usage: "propose [NODE] DATA...",
    read: ({ words }) => {
      if (words.length === 0) throw new Error("something is missing");
      return (world) => {
        const [first = "", ...rest] = words;
        const named = rest.length > 0 && world.nodes.has(first);
        const node = named ? running(world, first) : raftLeader(world);
        const data = (named ? rest : words).map((word) => new TextEncoder().encode(word));
        node.give({ kind: "propose", data });
      };
    },
  },
  advance: {
    usage: "advance MS",
    read: (args) => {
      expect(args, 1, 1);
      const ms = wholeNumber(args.plain[0]?.replace(/ms$/, "") ?? "", "MS");
      return (world) => world.advance(ms);
    },
  },
  deliver: onMessages("deliver"),
  drop: onMessages("drop"),
  duplicate: onMessages("duplicate"),
  delay: {
    usage: "delay [FROM TO] MS [kind=KIND] [first=N] (0 ends it)",
    read: (args) => {
      expect(args, 1, 3, ["kind", "first"]);
      const ms = wholeNumber(args.plain.at(-1)?.replace(/ms$/, "") ?? "", "MS");
      const selection = selectionOf(args, args.plain.slice(0, -1));
      return (world) => world.delay(selection, ms);
    },
  },
  partition: {
    usage: "partition NODE... [| NODE...]... or partition FROM -> TO",
    read: ({ words }) => {
      if (words.length === 0) throw new Error("something is missing");
      if (words.includes("->")) return cutOneWay(words);
      const groups = words
        .join(" ")
        .split("|")
        .map((group) => group.split(/[\s,]+/).filter((id) => id !== ""));
      return (world) => partition(world, groups);
    },
  },
  heal: {
    usage: "heal [NODE NODE]",
    read: (args) => {
      expect(args, 0, 2);
      const [one, other] = args.plain;
      if (one !== undefined && other === undefined) throw new Error("it needs both ends, or none");
      return (world) => world.heal(one, other);
    },
  },
  pause: onNodes("pause NODE...", 1, (world, id) => void (running(world, id).paused = true)),
  resume: onNodes("resume NODE...", 1, (world, id) => {
    const node = running(world, id);
    node.paused = false;
    node.work();
  }),
  crash: onNodes("crash NODE...", 1, (world, id) => running(world, id).crash()),
  restart: onNodes("restart NODE...", 1, (world, id) => {
    const node = nodeOf(world, id);
    node.crash();
    node.start();
  }),
  persist: onProgress("persist"),
  apply: onProgress("apply"),
  compact: {
    usage: "compact NODE [INDEX] [keep=ENTRIES]",
    read: (args) => {
      expect(args, 1, 2, ["keep"]);
      const [id = "", at] = args.plain;
      const index = at === undefined ? undefined : wholeNumber(at, "INDEX", 1);
      const keep = optionalNumber(args, "keep") ?? 0;
      return (world) => compact(world, id, index, keep);
    },
  },
  transfer: {
    usage: "transfer [FROM] TO",
    read: (args) => {
      expect(args, 1, 2);
      const to = args.plain.at(-1) ?? "";
      const from = args.plain.length === 2 ? args.plain[0] : undefined;
      return (world) => {
        nodeOf(world, to);
        const node = from === undefined ? raftLeader(world) : running(world, from);
        node.give({ kind: "transfer", to });
      };
    },
  },
  members: {
    usage: "members [NODE] voters=ID,... [learners=ID,...]",
    read: (args) => {
      expect(args, 0, 1, ["voters", "learners"]);
      const [id] = args.plain;
      const voters = listOf(args.named.get("voters"));
      const learners = listOf(args.named.get("learners"));
      if (voters.length === 0) throw new Error("there must be voters");
      return (world) => {
        const node = id === undefined ? raftLeader(world) : running(world, id);
        for (const member of [...voters, ...learners]) {
          if (!world.nodes.has(member)) world.add(member);
        }
        node.give({ kind: "members", wanted: { voters, learners, context: "" } });
      };
    },
  },
  read: {
    usage: "read [NODE] [ID]",
    read: (args) => {
      expect(args, 0, 2);
      const [id, name = "r"] = args.plain;
      return (world) => {
        const node = id === undefined ? raftLeader(world) : running(world, id);
        node.give({ kind: "read", id: name });
      };
    },
  },
  touch: {
    usage: "touch [NODE]",
    read: (args) => {
      expect(args, 0, 1);
      const [id] = args.plain;
      return (world) => {
        const node = id === undefined ? raftLeader(world) : running(world, id);
        node.give({ kind: "touch" });
      };
    },
  },
  stabilize: {
    usage: "stabilize",
    read: (args) => {
      expect(args, 0, 0);
      return (world) => world.stabilize();
    },
  },
  log: onNodes("log [NODE...]", 0, showLog),
  facts: onNodes("facts [NODE...]", 0, showFacts),
  applied: onNodes("applied [NODE...]", 0, showApplied),
  flights: {
    usage: `flights ${selectionUsage}`,
    read: (args) => {
      expect(args, 0, 2, ["kind", "first"]);
      return (world) => showFlights(world, selectionOf(args));
    },
  },
};

export const commandNames = Object.keys(commandTable);

export function commandNamed(name: string): ScriptCommand | undefined {
  return Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
}

function cutOneWay(words: readonly string[]): (world: World) => void {
  const [from = "", arrow, to = ""] = words;
  if (arrow !== "->" || words.length !== 3) throw new Error("an arrow stands between two nodes");
  return (world) => {
    nodeOf(world, from);
    nodeOf(world, to);
    world.cut(from, to);
  };
}

/** Nodes of different groups do not hear each other; those that are in none are a group too. */
function partition(world: World, groups: readonly (readonly string[])[]): void {
  for (const id of groups.flat()) nodeOf(world, id);
  const groupOf = (id: string): number => groups.findIndex((group) => group.includes(id));
  for (const from of world.nodes.keys()) {
    for (const to of world.nodes.keys()) {
      if (groupOf(from) !== groupOf(to)) world.cut(from, to);
    }
  }
}

function compact(world: World, id: string, index: number | undefined, keep: number): void {
  const node = nodeOf(world, id);
  const last = node.appliedIndex;
  const to = index ?? last;
  if (to > last) throw new Error(`node ${id} has applied up to ${last} only`);
  if (to < node.store.firstIndex) throw new Error(`node ${id} begins at ${node.store.firstIndex}`);
  node.compact(to, keep);
  world.say(`${id} keeps snapshot=${to} first=${node.store.firstIndex}`);
}
