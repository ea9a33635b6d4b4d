import { commandMutants } from "./command-mutants.ts";
import type { Mutant } from "./mutant.ts";

const leadership = "coordination/zookeeper/leadership/leadership.ts";
const taker = "coordination/zookeeper/leadership/taker.ts";
const lease = "election/lease.ts";
const leaseTiming = "coordination/zookeeper/lease-timing.ts";
const stateDirectory = "system/state-directory.ts";
const giveUp = "coordination/zookeeper/leadership/give-up.ts";
const sessionRelease = "coordination/zookeeper/release/session-release.ts";
const leaderWatch = "coordination/zookeeper/leadership/leader-watch.ts";
const electionSession = "coordination/zookeeper/leadership/election-session.ts";

export const mutants: readonly Mutant[] = [
  {
    name: "lease counted from the reply",
    file: leadership,
    find: "      this.#acknowledge(sentAt);",
    replace: "      this.#acknowledge(scheduler.now());",
  },
  {
    name: "taker does not wait after held",
    file: taker,
    find: "const waitMs = leaseMs === 0 ? 0 : remainingMs(scheduler, freeAt);",
    replace: "const waitMs = leaseMs < 0 ? remainingMs(scheduler, freeAt) : 0;",
  },
  {
    name: "taker counts from a renewal it did not see as the last",
    file: leaderWatch,
    find: '      if (event?.kind === "deleted" && event.unbroken) {',
    replace: '      if (event?.kind === "deleted") {',
  },
  {
    name: "every renewal that was seen counts as the last",
    file: leaderWatch,
    find: "return this.#last?.epoch === epoch ? this.#last?.seenAt : undefined;",
    replace: "return this.#seen?.epoch === epoch ? this.#seen?.seenAt : this.#last?.seenAt;",
  },
  {
    name: "renewal accepted without comparing czxid and owner",
    file: leadership,
    find: "return stat.czxid === this.epoch && stat.ephemeralOwner === client.sessionId;",
    replace: "return stat.czxid !== 0n && client.sessionId !== 0n;",
  },
  {
    name: "late acknowledgement revives the lease",
    file: lease,
    find: "    if (!this.holds()) return false;",
    replace: "    this.#over = false;",
    also: [
      {
        find: "if (!this.#over && (this.#hasPassed() || this.#wasSuspended())) this.#over = true;\n    return !this.#over;",
        replace: "return !this.#over && !this.#hasPassed() && !this.#wasSuspended();",
      },
    ],
  },
  {
    name: "lease renewed by a read (as by a ping's answer)",
    file: leadership,
    find: '      if (error.code === "bad-version" || error.outcome === "unknown") {',
    replace: "      if (true) {",
    also: [
      {
        find: "      const stat = await client.setData(layout.leader, this.#taking.data, {\n        version: this.#version,\n        signal,\n      });",
        replace:
          "      const { stat } = await client.exists(layout.leader, { signal });\n      if (stat === undefined) return this.#lose('gone');",
      },
    ],
  },
  {
    name: "lease only checked by a timer",
    file: leadership,
    find: "return !this.#renewing.signal.aborted && this.#lease.holds();",
    replace: "return !this.#renewing.signal.aborted;",
  },
  {
    name: "who gave its session up acts until the lease ends",
    file: leadership,
    find: "return !this.#renewing.signal.aborted && this.#lease.holds();",
    replace: "return !this.#resigned && this.lost.failure === undefined && this.#lease.holds();",
  },
  {
    name: "repair attempts are spent on waiting for the duty's own end",
    file: "election/states/failover.ts",
    find: "within(scheduler, context.dutyEndMs, [stop]",
    replace: "within(scheduler, 0, [stop]",
  },
  {
    name: "an effect that hangs is the failure of whatever had failed before",
    file: "election/states/failover.ts",
    find: '  return { resource: "duty", code: "duty-failed", detail };',
    replace: '  return { resource: "coordinator", code: "lease-ended", detail };',
  },
  {
    name: "the watchdog knows of no hooks",
    file: "election/progress.ts",
    find: "const { writes, beginMs, endMs } = this.#duty;",
    replace: "const [{ writes }, beginMs, endMs] = [this.#duty, 0, 0];",
  },
  {
    name: "no owner check after a lost create reply: leads on an earlier session's node",
    file: taker,
    find: "    if (leader.stat.ephemeralOwner === client.sessionId) {",
    replace: "    if (decodeReplica(leader.data)?.replica === this.#tools.describe().replica) {",
    also: [
      {
        find: "      if (stat.czxid !== epoch || stat.ephemeralOwner !== client.sessionId) return undefined;",
        replace: "",
      },
      {
        file: leadership,
        find: "return stat.czxid === this.epoch && stat.ephemeralOwner === client.sessionId;",
        replace: "return stat.czxid === this.epoch && client.sessionId !== 0n;",
      },
    ],
  },
  {
    name: "a lost create reply counts as failed, not as unknown",
    file: taker,
    find: "    if (leader.stat.ephemeralOwner === client.sessionId) {",
    replace: "    if (leader.stat.ephemeralOwner < 0n) {",
  },
  {
    name: "a late event of an old connection is accepted",
    file: "zookeeper/watch/watches.ts",
    find: "unbroken: watch.generation === generation",
    replace: "unbroken: watch.generation <= generation",
  },
  {
    name: "no read after a reconnect: watches are not set again",
    file: "zookeeper/session/client-session.ts",
    find: "    this.#rearm(connection);",
    replace: "",
  },
  {
    name: "unknown outcome of a renewal is not settled by a read",
    file: leadership,
    find: "        return await this.#settle(signal);",
    replace: "        return false;",
  },
  {
    name: "prune without asking again",
    file: "files/pruning.ts",
    find: "    if (signal.aborted || !mandate.mayAct()) break;",
    replace: "",
  },
  {
    name: "publish without asking again",
    file: "files/leader-files.ts",
    find: "      if (signal.aborted || !mandate.mayAct()) {\n        await discard",
    replace: "      if (signal.aborted) {\n        await discard",
  },
  {
    name: "nothing is pruned",
    file: "files/leader-files.ts",
    find: "      await this.#prune(inventory, mandate, signal);",
    replace: "",
  },
  {
    name: "leader node released before the running write ended",
    file: "election/states/let-go.ts",
    find: "  if (tenure !== undefined && !(await resolvesBefore(tenure.ended, limit))) {",
    replace: "  if (tenure !== undefined && limit.aborted) {",
  },
  {
    name: "Failover never gives up",
    file: "election/repair-budget.ts",
    find: "    if (this.left(resource) <= 0) return false;",
    replace: "",
  },
  {
    name: "budget of attempts is never given back",
    file: "election/repair-budget.ts",
    find: "    this.#spent.delete(resource);",
    replace: "",
  },
  {
    name: "watch on a predecessor is not renewed after it left",
    file: "coordination/zookeeper/leadership/election-session.ts",
    find: "      await watch;\n",
    replace: "      await watch;\n      await aborted(signal);\n",
  },
  {
    name: "a second entry of ours stays in the line, and is waited for",
    file: "coordination/zookeeper/leadership/line.ts",
    find: "        await unlessRefused(this.#withdrawOthers(line, signal));\n",
    replace: "",
    also: [
      {
        find: "new Set<string | undefined>([leader, this.#replica]);",
        replace: "new Set<string | undefined>([leader]);",
      },
    ],
  },
  {
    name: "who steps down takes over a second entry of its own, and stands too far in front",
    file: "coordination/zookeeper/leadership/line.ts",
    find: "    if (this.#hasLeft) await this.#withdrawAll(signal);\n    else await",
    replace: "    await",
  },
  {
    name: "boot-time jump ignored",
    file: lease,
    find: "return wasSuspended(this.#scheduler, this.#suspendedMs);",
    replace: "return this.#suspendedMs < 0 && wasSuspended(this.#scheduler, 0);",
  },
  {
    name: "fence not read at start",
    file: "election/states/init.ts",
    find: "  if (proof.fence !== undefined) {",
    replace: "  if (false) {",
    profile: "wipe",
  },
  {
    name: "fence not read before a file",
    file: "files/leader-files.ts",
    find: "      if (fence !== undefined && fence.epoch >= lowest) {",
    replace: "      if (fence !== undefined && fence.epoch < 0n) {",
    profile: "beyond",
  },
  {
    name: "the lease note says released at every taking",
    file: taker,
    find: '    const held = encodeLeaseNote({ state: "held", leaseMs });',
    replace:
      '    const held = encodeLeaseNote({ state: leaseMs > 0 ? "released" : "held", leaseMs });',
  },
  {
    name: "waiting out for 10 % less than the lease",
    file: leaseTiming,
    find: "const waitingMargin = 0.03;",
    replace: "const waitingMargin = -0.1;",
  },
  {
    name: "waiting out without any margin",
    file: leaseTiming,
    find: "const waitingMargin = 0.03;",
    replace: "const waitingMargin = 0;",
  },
  {
    name: "the lease is as long as the session",
    file: leaseTiming,
    find: "const leaseShare = 2 / 3;",
    replace: "const leaseShare = 1.2;",
    also: [
      {
        find: "  return Math.ceil(holderLeaseMs * (1 + waitingMargin) * (1 + slewShare));",
        replace: "  return Math.ceil(holderLeaseMs * (1 + waitingMargin) * (0.5 + slewShare));",
      },
    ],
  },
  {
    name: "an effect that has not ended is released when patience runs out",
    file: "election/states/failover.ts",
    find: "  await briefly(scheduler, async (limit) => holdings.session?.close(limit));",
    replace:
      "  await briefly(scheduler, async (limit) => holdings.tenure?.leadership.resign(limit));\n  await briefly(scheduler, async (limit) => holdings.session?.close(limit));",
  },
  {
    name: "giving up does not ask whose the lease note is",
    file: giveUp,
    find: "data, version: noteVersion }",
    replace: "data }",
  },
  {
    name: "giving up removes the leader node, and says nothing",
    file: giveUp,
    find: '{ kind: "set", path: layout.leaseNote, data, version: noteVersion }',
    replace: '{ kind: "check", path: layout.leaseNote, version: noteVersion }',
    also: [{ find: "const data = encodeLeaseNote", replace: "void encodeLeaseNote" }],
  },
  {
    name: "a lost session is released though it has not resigned",
    file: electionSession,
    find: "this.#keyWith(leadership.hasResigned ? leadership.epoch : undefined)",
    replace: "this.#keyWith(leadership.epoch)",
  },
  {
    name: "a sleep is left behind on the way out of Leader",
    file: "coordination/zookeeper/leadership/election-session.ts",
    find: "  async close(signal: AbortSignal): Promise<void> {\n    this.#taker.leadership?.abandon();",
    replace: "  async close(signal: AbortSignal): Promise<void> {",
    also: [
      {
        file: leadership,
        find: "Promise<Resignation> {\n    this.abandon();",
        replace: "Promise<Resignation> {",
      },
    ],
  },
  {
    name: "a waiting replica relies on the line alone",
    file: "election/states/attempter.ts",
    find: "context.scheduler.sleep(context.timings.attempterTimeoutMs, waiting.signal),",
    replace: "context.scheduler.sleep(Number.MAX_SAFE_INTEGER, waiting.signal),",
    also: [
      {
        find: "const sleep = scheduler.sleep(timings.attempterTimeoutMs, waiting.signal);",
        replace: "const sleep = scheduler.sleep(Number.MAX_SAFE_INTEGER, waiting.signal);",
      },
    ],
  },
  {
    name: "a turn is left behind when a look ends the waiting",
    file: "election/states/attempter.ts",
    find: "    reportLed(context, sighting.leader);\n  }\n  waiting.abort();",
    replace: "    reportLed(context, sighting.leader);\n  }",
  },
  {
    name: "a change of the lease note is taken for its release",
    file: taker,
    find: "      const found = await foreseen.found;",
    replace:
      "      await foreseen.found;\n      if (version >= 0) return { note: { state: 'released' }, version, epoch };\n      const found = await foreseen.found;",
  },
  {
    name: "crash release: the lock is not asked",
    file: stateDirectory,
    find: "const lock = this.#locks.tryLock(`${name}${lockEnding}`);",
    replace:
      "const text = await this.#disk.read(`${name}${recordEnding}`, 99999);\n" +
      "      const lock = this.#locks.tryLock(`${name}${lockEnding}`) ?? " +
      "{ identity: JSON.parse(text ?? '{}').lock, isInPlace: true, [Symbol.dispose]() {} };",
  },
  {
    name: "crash release: the boot id is not compared",
    file: stateDirectory,
    find: 'if (value["bootId"] !== bootId)',
    replace: 'if (value["bootId"] === "")',
  },
  {
    name: "crash release: what has not acted yet is released too",
    file: taker,
    find: "    this.#leadership = leadership;",
    replace:
      "    this.#leadership = leadership;\n    const { sessionId, password } = this.#tools.client;\n    this.#tools.keep?.({ sessionId, password, epoch: leadership.epoch });",
  },
  {
    name: "crash release: whatever the session leads is released, not what was recorded",
    file: sessionRelease,
    find: " || stat.czxid !== acted) return undefined;",
    replace: ") return undefined;",
    also: [
      {
        find: "  if (epochOfLeaseNote(decodeLeaseNote(note.data), note.stat.mzxid) !== acted) return undefined;",
        replace: "",
      },
    ],
  },
  {
    name: "crash release: the session is closed, but nothing is said to be released",
    file: sessionRelease,
    find: "  if (acted === undefined) return undefined;",
    replace: "  if (acted !== 0n) return undefined;",
  },
  {
    name: "crash release: a lock stands before its record names the boot",
    file: stateDirectory,
    find: "    await write(disk, name, { bootId, lock: lock.identity }, null);\n",
    replace: "",
  },
  {
    name: "a file is told as written before its name is on the medium",
    file: "files/leader-files.ts",
    find: "      await disk.publish(temporary, final);",
    replace: "      const publishing = disk.publish(temporary, final);",
    also: [
      {
        find: "      await this.#prune(inventory, mandate, signal);",
        replace: "      await publishing;\n      await this.#prune(inventory, mandate, signal);",
      },
    ],
  },
  {
    name: "a rest ends with the session it began in",
    file: "election/states/attempter.ts",
    find: "  const rested = await restOut(context, session, scope.signal);",
    replace: "  const rested = state.yields && (await restOut(context, session, scope.signal));",
  },
  ...commandMutants,
];
