import type { LeaderStatus, ResourceStatus, Status } from "../../election/status.ts";
import { byId, create, moment, setText, showRows } from "./elements.ts";
import { pageLink } from "./page-link.ts";
import { boundSum, boundText, boundTitles, changeText, commandText, partText } from "./words.ts";

/** A part of the page that shows some fields of the status. */
interface Section {
  /** It is shown anew when one of these has changed. */
  readonly fields: readonly (keyof Status)[];
  readonly show: (status: Status) => void;
}

export const sections: readonly Section[] = [
  { fields: ["replica", "version"], show: showReplica },
  { fields: ["state", "reason", "detail", "epoch", "replica"], show: showState },
  { fields: ["state", "edges", "transitions"], show: showMachine },
  { fields: ["leader", "epoch", "state"], show: showLeader },
  { fields: ["standing", "leader", "state"], show: showStanding },
  { fields: ["command", "settings"], show: showCommand },
  { fields: ["coordinator", "duty"], show: showResources },
  { fields: ["leaderships", "settings"], show: showChanges },
  { fields: ["transitions"], show: showTransitions },
  { fields: ["files", "settings"], show: showFiles },
  { fields: ["failover", "settings"], show: showFailover },
  { fields: ["settings"], show: showConfiguration },
];

function showReplica({ replica, version }: Status): void {
  setText("replica", replica.replica);
  setText("process", `on ${replica.host}, process ${replica.pid}`);
  setText("version", `election ${version}`);
}

function showState({ state, detail, reason, replica }: Status): void {
  document.body.dataset["state"] = state;
  document.title = `${state} · ${replica.replica} · election`;
  setText("state", state);
  setText("reason", detail ?? reason ?? "starting");
}

function showMachine({ state, edges, transitions }: Status): void {
  const [last] = transitions;
  for (const element of document.querySelectorAll<SVGElement>("[data-state].state")) {
    element.classList.toggle("present", element.dataset["state"] === state);
  }
  for (const { from, to, count } of edges) {
    const selector = `[data-edge="${CSS.escape(from)} ${CSS.escape(to)}"]`;
    for (const element of document.querySelectorAll(selector)) {
      element.classList.toggle("taken", count > 0);
      element.classList.toggle("last", last?.from === from && last.to === to);
      const text = element.querySelector("text");
      if (text !== null) text.textContent = count === 0 ? "" : String(count);
    }
  }
  const taken = edges
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => `${from} to ${to}: ${count}`);
  const label = `State machine. Now: ${state}. Taken: ${taken.join(", ") || "nothing yet"}.`;
  for (const svg of document.querySelectorAll(".diagram")) svg.setAttribute("aria-label", label);
}

function showLeader({ leader, epoch, replica }: Status): void {
  const isOwn = leader?.replica === replica.replica;
  byId("leader").replaceChildren(
    ...(leader === null ? ["unknown"] : [leaderName(leader, replica)]),
  );
  if (isOwn) byId("leader").append(" ", create("span", "this replica", { class: "tag" }));
  else if (leader !== null) byId("leader").append(` on ${leader.host}`);
  setText("epoch", epoch ?? leader?.epoch ?? "unknown");
}

function leaderName(leader: LeaderStatus, own: Status["replica"]): HTMLElement {
  const href =
    leader.replica === own.replica
      ? undefined
      : pageLink({ ...leader, ownHost: own.host, viewedAt: location.hostname });
  if (href === undefined) return create("b", leader.replica);
  const link = create("a", leader.replica);
  link.setAttribute("href", href);
  return link;
}

function showStanding({ standing, leader, replica, state }: Status): void {
  setText("place", partText(state, standing, leader?.replica));
  const { size, candidates } =
    standing?.kind === "in-line" ? standing : { size: 0, candidates: [] };
  const shown = candidates.map((candidate) => {
    const element = create("li", candidate);
    if (candidate === leader?.replica) element.classList.add("leads");
    if (candidate === replica.replica) element.setAttribute("aria-current", "true");
    return element;
  });
  const more = size - candidates.length;
  if (more > 0) shown.push(create("li", `and ${more} more`, { class: "quiet" }));
  byId("line").replaceChildren(...shown);
}

function showCommand({ command }: Status): void {
  byId("command-part").hidden = command === null;
  if (command === null) return;
  const since = moment(command.since);
  byId("command").replaceChildren(commandText(command), ", since ", since);
}

function showResources({ coordinator, duty }: Status): void {
  const facts = coordinator.facts.map(({ value }) => value).join("; ");
  byId("resources").replaceChildren(
    resourceRow("coordinator", coordinator, facts),
    resourceRow("duty", duty, ""),
  );
}

function resourceRow(name: string, { health, detail, since }: ResourceStatus, note: string) {
  const word = create("b", health, { class: `health ${health}` });
  const told = detail ?? note;
  const parts = [create("span", name, { class: "name" }), word, create("span", told)];
  return create("li", [...parts, create("span", ["since ", moment(since)], { class: "quiet" })]);
}

function showChanges({ leaderships, settings }: Status): void {
  const isKept = settings.some(({ option, value }) => option === "state-dir" && value !== null);
  setText("changes-note", isKept ? "kept in state-dir" : "since the start");
  showRows(
    "changes",
    leaderships,
    (change) => [
      moment(change.at),
      create("b", change.replica),
      create("span", changeText(change), { class: change.change }),
      create("span", change.epoch, { class: "number" }),
    ],
    "nobody led so far",
  );
}

function showTransitions({ transitions }: Status): void {
  showRows(
    "transitions",
    transitions,
    ({ at, from, to, reason, detail }) => [
      moment(at),
      create("span", `${from} → ${to}`, { class: "edge-name" }),
      create("span", [create("b", reason), ` ${detail}`]),
    ],
    "none so far",
  );
}

function showFiles({ files }: Status): void {
  setText("files-note", `${files.written} written, ${files.pruned} pruned here`);
  showRows(
    "files",
    files.latest,
    ({ at, file }) => [moment(at), create("span", file, { class: "number" })],
    "this replica has written none",
  );
}

function showFailover({ failover, settings }: Status): void {
  byId("failover").replaceChildren(
    ...failover.map((bound) =>
      create("li", [
        create("span", boundTitles[bound.kind]),
        create("b", boundText(bound), { class: "number" }),
        create("span", boundSum(bound), { class: "quiet" }),
      ]),
    ),
  );
  const kept = settings.some(({ option, value }) => option === "state-dir" && value !== null);
  const note = kept
    ? "After a crash, a restart on the same host gives leadership up at once: state-dir is set."
    : "With a state-dir, a restart on the same host after a crash gives leadership up at once.";
  setText("failover-note", note);
}

function showConfiguration({ settings }: Status): void {
  showRows(
    "configuration",
    settings,
    ({ option, value, source, place }) => [
      create("span", option, { class: source === "default" ? "quiet" : "given" }),
      create("span", value ?? "—", { class: "value" }),
      create("span", place ?? source, { class: "quiet source" }),
    ],
    "none",
  );
}
