import type { Line, Section } from "../help/keys";
import { onReviewKey } from "../review/keys";
import type { Store } from "../store/store";

/** Steps of the arrows; a page has three columns. */
const ARROWS: Record<string, number> = { arrowleft: -1, arrowright: 1, arrowup: -3, arrowdown: 3 };

/** What a key does in a hunt; false where it means nothing there. */
export function onHuntKey(store: Store, event: KeyboardEvent): boolean {
  const done = onReviewKey(store, store.hunt, event);
  if (done !== null) return done;
  const key = event.key.toLowerCase();
  const pressing = event.target instanceof HTMLButtonElement && (key === " " || key === "enter");
  return !pressing && keyed(store, key, event);
}

function keyed({ hunt }: Store, key: string, event: KeyboardEvent): boolean {
  const paged = hunt.paged.peek();
  const arrow = ARROWS[key];
  if (arrow !== undefined && (paged || Math.abs(arrow) === 1)) {
    hunt.step(arrow);
    return true;
  }
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1] ?? (/^[1-9]$/.test(key) ? key : undefined);
  if (digit !== undefined && paged && !hunt.large.peek()) {
    if (!event.repeat) hunt.toggle(Number(digit) - 1, event.shiftKey ? "unsure" : "yes");
    return true;
  }
  switch (key) {
    case "backspace":
      hunt.back();
      return true;
    case " ":
      hunt.large.value = !hunt.large.peek() && hunt.card.peek() !== null;
      return true;
    case "g":
      hunt.setPaged(!paged);
      return true;
    case "enter":
      if (hunt.ended.peek() && hunt.card.peek() === null) hunt.setTask("hunt");
      else if (paged) hunt.rest();
      else return false;
      return true;
    default:
      return false;
  }
}

const lines = (...all: Line[]) => all;

/** Every key of a hunt. */
export const HUNT_SECTIONS: readonly Section[] = [
  {
    title: "Answers",
    parts: ["hunt"],
    lines: lines(
      [["y"], "yes, this is one"],
      [["n"], "no"],
      [["u"], "unsure: it goes into a queue of its own"],
      [["Ctrl", "Z"], "take the last answer back"],
    ),
  },
  {
    title: "Where one looks",
    parts: ["hunt"],
    lines: lines(
      [["←", "⌫"], "back to what was answered; another answer takes the place of the first"],
      [["→"], "on again"],
      [["Space"], "the picture large, and back"],
      [["g"], "one picture, or nine"],
    ),
  },
  {
    title: "Nine pictures",
    parts: ["hunt"],
    lines: lines(
      [["1–9"], "this one is one; once more: it is none"],
      [["Shift", "1–9"], "unsure"],
      [["←", "→", "↑", "↓"], "from one to the next, for y, n and u"],
      [["Enter"], "none of the rest, and the next nine"],
      [["⌫"], "the nine before"],
    ),
  },
  {
    title: "Large picture",
    parts: ["hunt"],
    lines: lines(
      [["+", "−"], "closer or farther; the wheel and a double click, too"],
      [["0"], "all of it"],
      [["Esc", "Space"], "back"],
    ),
  },
  {
    title: "Everywhere",
    parts: ["hunt"],
    lines: lines([["?"], "this help"], [["Esc"], "close the innermost thing that is open"]),
  },
];
