import { HUNT_SECTIONS } from "../hunt/keys";
import { PAIR_SECTIONS } from "../pairs/keys";
import type { Part } from "../store/core";

/** Keys that are pressed together, or any one of them, and what that does. */
export type Line = readonly [keys: readonly string[], what: string];

export interface Section {
  title: string;
  parts: readonly Part[];
  lines: readonly Line[];
}

const ALL: readonly Part[] = ["explorer", "gallery", "map", "facets"];
const PICTURES: readonly Part[] = ["explorer", "gallery"];
const PICTURES_AND_MAP: readonly Part[] = ["explorer", "gallery", "map"];

/** Every key of every part. */
export const SECTIONS: readonly Section[] = [
  {
    title: "Everywhere",
    parts: ALL,
    lines: [
      [["?"], "this help"],
      [["Ctrl", "Z"], "undo the last step, or the last tag"],
      [["Ctrl", "Shift", "Z"], "do it again; Ctrl Y too"],
      [["Esc"], "close the innermost thing that is open"],
      [["F6"], "to the next part: search, facets, map, grid, inspector; with Shift back"],
    ],
  },
  {
    title: "Search",
    parts: PICTURES,
    lines: [
      [["/"], "to the search field"],
      [["Enter"], "add what is typed as a step"],
      [["−"], "before a word: look away from it"],
      [["="], "at the beginning: an expression on columns"],
      [["↓", "Tab"], "choose a completion, take it"],
      [["←", "⌫"], "in an empty field: to the steps, remove the last"],
      [["Del"], "on a step: remove it"],
      [["Ctrl", "V"], "search by a picture from the clipboard"],
    ],
  },
  {
    title: "Grid",
    parts: PICTURES,
    lines: [
      [["←", "→", "↑", "↓"], "move; Home, End, PgUp and PgDn move far"],
      [["Space"], "select or deselect"],
      [["Shift"], "with a move or a click: select up to here"],
      [["Ctrl"], "with a click: add to the selection, or take away"],
      [["Ctrl", "A"], "select all in view"],
      [["a"], "select the group, where the grid is grouped"],
      [["Enter"], "enlarge; a double click does the same"],
      [["i"], "look at it in the inspector"],
      [["s"], "nearest to this one"],
      [["t"], "tag"],
      [["o", "e"], "only the selection, or everything but it"],
      [["b"], "boxes, points and masks"],
      [["+", "−"], "larger or smaller pictures"],
      [["Esc"], "select nothing"],
    ],
  },
  {
    title: "Large picture",
    parts: PICTURES_AND_MAP,
    lines: [
      [["←", "→"], "the sample before, the next; a closer look is moved instead"],
      [["PgUp", "PgDn"], "the sample before, the next, in any case"],
      [["+", "−"], "closer or farther; the wheel and a double click, too"],
      [["0", "1"], "all of it, or a pixel for a pixel"],
      [["Space"], "select or deselect"],
      [["t"], "tag"],
      [["s"], "nearest to this one"],
      [["g"], "show it in the grid"],
      [["b"], "boxes, points and masks"],
      [["Esc", "i"], "back"],
    ],
  },
  {
    title: "Map",
    parts: ["explorer", "map"],
    lines: [
      [["←", "→", "↑", "↓"], "move; with Shift far"],
      [["+", "−"], "closer or farther"],
      [["0", "f"], "all of it, or the view"],
      [["s"], "select what is in sight; Shift adds, Alt takes away"],
      [["Enter"], "look at the sample in the middle; with Shift select it"],
      [["Space"], "held down: drag the map"],
    ],
  },
  {
    title: "Facets",
    parts: ["explorer", "facets"],
    lines: [
      [["↑", "↓"], "from value to value; Home and End"],
      [["Space"], "keep this value, or no longer"],
      [["Ctrl", "Enter"], "only this value; a click with Ctrl does the same"],
      [["Alt", "Enter"], "every value but this; a click with Alt too"],
      [["←", "→"], "on an end of a histogram: move it"],
      [["Del"], "on an end of a histogram: the whole range"],
    ],
  },
  {
    title: "Duplicates",
    parts: ["explorer"],
    lines: [
      [["Enter"], "accept: one stays, the others are tagged duplicate; on to the next group"],
      [["1–9"], "choose another one to keep"],
      [["x"], "these are no duplicates"],
      [["u"], "undo the last verdict"],
      [["←", "→", "↑", "↓"], "from group to group; Home and End"],
      [["Shift", "Enter"], "accept every open group from here on"],
      [["Esc"], "back to the grid"],
    ],
  },
  {
    title: "Splits",
    parts: ["explorer"],
    lines: [
      [["n"], "a new split"],
      [["e"], "export the split"],
      [["Enter"], "on a part: show its samples; on a pair: look at it closely"],
      [["←", "→"], "in a pair that is looked at: the one before, the next"],
      [["Esc"], "back to the grid"],
    ],
  },
  {
    title: "Line between map and grid",
    parts: ["explorer"],
    lines: [[["↑", "↓"], "more room for one or the other; PgUp, PgDn, Home, End"]],
  },
];

/** What is there of a part. */
export function sectionsOf(part: Part): readonly Section[] {
  if (part === "hunt") return HUNT_SECTIONS;
  if (part === "pairs") return PAIR_SECTIONS;
  return SECTIONS.filter(({ parts }) => parts.includes(part));
}
