import type { Column, State } from "../protocol";

/** One line of a menu with a filter. */
export interface Choice {
  /** What tells it from the others. */
  key: string;
  label: string;
  /** Said quietly behind it. */
  detail: string;
  checked: boolean;
  disabled: boolean;
}

export const SEARCH_ORDER = "search order";
export const NEAREST = "nearest";
export const NO_GROUPS = "no groups";
const COLUMN = "column ";

/** Kinds of columns whose values many samples have in common. */
const GROUPABLE = new Set(["category", "boolean"]);
/** What the groups of near-duplicates are called where somebody has looked for them. */
const DUPLICATES = /duplicate|dup_group/i;

export function columnKey(name: string): string {
  return COLUMN + name;
}

/** The name of the column that a choice stands for, or null. */
export function columnOf(key: string): string | null {
  return key.startsWith(COLUMN) ? key.slice(COLUMN.length) : null;
}

type Asked = Pick<State, "sort" | "scored" | "group" | "encoder">;

/** What the rows can be sorted by. */
export function sortings(state: Asked, columns: readonly Column[], activeName: string): Choice[] {
  return [
    {
      key: SEARCH_ORDER,
      label: state.scored ? "score" : "order of ingest",
      detail: state.scored ? "best first" : "",
      checked: state.sort === null,
      disabled: false,
    },
    {
      key: NEAREST,
      label: "nearest to this",
      detail: activeName,
      checked: false,
      disabled: activeName === "" || state.encoder === "",
    },
    ...columns
      // Lists have no order that a person would look for.
      .filter(({ kind, name }) => kind !== "tags" && !(state.scored && name === "score"))
      .map(({ name, kind }) => ({
        key: columnKey(name),
        label: name,
        detail: kind === "other" ? "" : kind,
        checked: state.sort === name,
        disabled: false,
      })),
  ];
}

/** What the rows can be grouped by. */
export function groupings(state: Asked, columns: readonly Column[]): Choice[] {
  const fitting = columns.filter(({ kind, name }) => GROUPABLE.has(kind) || DUPLICATES.test(name));
  return [
    { key: NO_GROUPS, label: "nothing", detail: "", checked: state.group === null, disabled: false },
    ...fitting.map(({ name, kind }) => ({
      key: columnKey(name),
      label: name,
      detail: kind === "other" ? "" : kind,
      checked: state.group === name,
      disabled: false,
    })),
  ];
}

/** The choices that hold a text. */
export function matching(choices: readonly Choice[], text: string): Choice[] {
  const wanted = text.trim().toLocaleLowerCase();
  return choices.filter(({ label }) => label.toLocaleLowerCase().includes(wanted));
}

/** Whether numbers and times of a column are better looked at from the highest down: scores, sharpness, what is new. */
export function descendingAtFirst(column: Column | undefined): boolean {
  return column?.kind === "time";
}
