/**
 * A small model of the state machine above the core: sessions that wait in a line, and one grant.
 * Entries are text: `open A`, `prefer A`, `close A`, `expire A`, `resign EPOCH`.
 */
export interface LineState {
  /** The open sessions, in the order in which they stand. */
  readonly line: readonly string[];
  /** The epoch is the index of the entry that granted it; 0 while nobody ever held it. */
  readonly holder: string | undefined;
  readonly epoch: number;
}

/** The rules of the model that can be left out. */
export interface LineRules {
  /** `resign` ends only the epoch that it names. */
  readonly resignNamesEpoch: boolean;
  /** Nothing but resign, close and expire takes a grant: a preferred session waits like others. */
  readonly onlyThreeTake: boolean;
}

export const emptyLine: LineState = { line: [], holder: undefined, epoch: 0 };

export function applyEntry(
  state: LineState,
  index: number,
  text: string,
  rules: LineRules,
): LineState {
  const [verb = "", subject = ""] = text.split(" ");
  const { line, holder, epoch } = state;
  const without = line.filter((id) => id !== subject);
  switch (verb) {
    case "open":
      return grantNext({ ...state, line: [...without, subject] }, index);
    case "prefer":
      if (!line.includes(subject)) return state;
      if (rules.onlyThreeTake) return { ...state, line: [subject, ...without] };
      return { line: [subject, ...without], holder: subject, epoch: index };
    case "close":
    case "expire":
      return grantNext(
        { line: without, holder: holder === subject ? undefined : holder, epoch },
        index,
      );
    case "resign": {
      if (holder === undefined) return state;
      if (rules.resignNamesEpoch && subject !== String(epoch)) return state;
      const rest = line.filter((id) => id !== holder);
      return grantNext({ line: [...rest, holder], holder: undefined, epoch }, index);
    }
    default:
      return state;
  }
}

function grantNext(state: LineState, index: number): LineState {
  const [next] = state.line;
  if (state.holder !== undefined || next === undefined) return state;
  return { ...state, holder: next, epoch: index };
}
