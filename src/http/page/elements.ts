/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Sets an element's text. Where it has that text already it is left alone: a selection stays. */
export function setText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

interface Content {
  readonly class?: string;
  readonly title?: string;
}

/** Makes an element. A string in it becomes text, never markup. */
export function create(
  tag: string,
  inside: string | readonly (Node | string)[],
  { class: name, title }: Content = {},
): HTMLElement {
  const element = document.createElement(tag);
  element.append(...(typeof inside === "string" ? [inside] : inside));
  if (name !== undefined) element.className = name;
  if (title !== undefined) element.title = title;
  return element;
}

/** Shows a row for each item; `nothing` where there is none. */
export function showRows<Item>(
  id: string,
  items: readonly Item[],
  cells: (item: Item) => readonly (HTMLElement | string)[],
  nothing: string,
): void {
  const rows = items.map((item) => {
    const own = cells(item).map((cell) => create("td", [cell]));
    return create("tr", own);
  });
  const columns = byId(id).parentElement?.querySelectorAll("th").length ?? 1;
  const empty = create("td", nothing, { class: "quiet" });
  empty.setAttribute("colspan", String(columns));
  byId(id).replaceChildren(...(rows.length > 0 ? rows : [create("tr", [empty])]));
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A moment: the time of the day, with the date unless it is today. */
export function moment(iso: string): HTMLElement {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return create("time", "?");
  const isToday = date.format(at) === date.format();
  const text = isToday ? timeOfDay.format(at) : `${date.format(at)} ${timeOfDay.format(at)}`;
  const element = create("time", text, { title: exact.format(at) });
  element.setAttribute("datetime", iso);
  return element;
}
