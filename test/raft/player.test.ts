import { expect, test } from "bun:test";
import { film, play } from "./player/script.ts";

function facts(script: string): readonly string[] {
  return [...play(script)].flatMap((scene) => scene.facts);
}

test.each([
  ["frobnicate 1", 'no command is called "frobnicate"; there are: nodes'],
  ["campaign", "something is missing; right is: campaign NODE"],
  ["advance soon", 'not "soon"; right is: advance MS'],
  ["deliver 1 2 3", '"3" is too much; right is: deliver [FROM TO]'],
  ["deliver 1 7", "no node 7; there are 1, 2, 3"],
  ["drop color=red", "color= is not known here; right is: drop"],
  ["propose x", "there is no raft leader"],
  ["nodes 3", "there are nodes already"],
  ["partition 1 ->", "an arrow stands between two nodes"],
])("player: refuses the line %s with its number and what is right", (line, why) => {
  expect(() => facts(`nodes 3\n\n${line}\n`)).toThrow(`line 3: ${line}: `);
  expect(() => facts(`nodes 3\n\n${line}\n`)).toThrow(why);
});

test("player: plays nothing of a script with a malformed line", () => {
  expect(() => [...play("nodes 3\nfacts\nnonsense")][0]).toThrow("line 3");
});

test("player: takes comments, blanks, line ends of both kinds and the output of an earlier film", () => {
  const script = "# of three\r\n\t nodes 3  # here\r\n| node=9\n\n  facts 2 # of 2\n";
  expect(facts(script)).toEqual([
    "node=2 role=raft-follower term=0 vote=none raft-leader=none first=1 last=0 commit=0 members=1,2,3",
  ]);
  expect(film(film("nodes 2\nadvance 1000\nlog\n"))).toBe(film("nodes 2\nadvance 1000\nlog\n"));
});

test("player: quoted words are one, and words with an equals sign are data", () => {
  const script = 'nodes 1\ncampaign 1\npropose "two words" x=1\nlog\napplied\n';
  expect(facts(script).slice(-2)).toEqual([
    'node=1 1/1/ 2/1/"two words" 3/1/x=1',
    "node=1 applied=3 2/two words 3/x=1",
  ]);
});

test("player: every command is in the docs", async () => {
  const { commandNames } = await import("./player/commands.ts");
  const text = await Bun.file(`${import.meta.dir}/../../docs/raft-scripts.md`).text();
  for (const name of commandNames) expect(text).toContain(`\`${name}`);
});
