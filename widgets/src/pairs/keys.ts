import { writes } from "../app/keys";
import type { Section } from "../help/keys";
import type { Store } from "../store/store";
import type { Verdict } from "./deck";
import { COMPARISONS } from "./slice";

const VERDICTS: Record<string, Verdict> = { y: "yes", n: "no", u: "unsure" };

/** What a key does in a review of pairs; false where it means nothing there. */
export function onPairKey(store: Store, event: KeyboardEvent): boolean {
  const { pairs, shell } = store;
  if (event.altKey || writes(event.target)) return false;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key !== "z" || event.shiftKey) return false;
    void pairs.undo();
    return true;
  }
  if (key === "?") {
    shell.help.value = true;
    return true;
  }
  if (key === "escape") {
    if (shell.full.peek() !== "page") return false;
    shell.leave();
    return true;
  }
  const verdict = VERDICTS[key];
  if (verdict !== undefined) {
    // A key that is held down is no answer to what it has not shown.
    if (!event.repeat) pairs.answer(verdict);
    return true;
  }
  if (key === "b") {
    if (!event.repeat)
      pairs.compare(COMPARISONS[(COMPARISONS.indexOf(pairs.comparison.peek()) + 1) % 3] ?? "side");
    return true;
  }
  // The slider has its own arrows, and a button its own space bar.
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement) return false;
  return moved(store, key);
}

function moved({ pairs }: Store, key: string): boolean {
  switch (key) {
    case "arrowleft":
    case "backspace":
      pairs.step(-1);
      return true;
    case "arrowright":
      pairs.step(1);
      return true;
    case " ":
      pairs.flip();
      return true;
    default:
      return false;
  }
}

/** Every key of a review of pairs. */
export const PAIR_SECTIONS: readonly Section[] = [
  {
    title: "Answers",
    parts: ["pairs"],
    lines: [
      [["y"], "yes, the same"],
      [["n"], "no, different pictures"],
      [["u"], "unsure: it counts neither way"],
      [["Ctrl", "Z"], "take the last answer back"],
      [["←", "⌫"], "back to what was answered; another answer takes the place of the first"],
      [["→"], "on again"],
    ],
  },
  {
    title: "Comparison",
    parts: ["pairs"],
    lines: [
      [["b"], "side by side, one over the other, or the difference"],
      [["Space"], "one over the other: the other one"],
    ],
  },
  {
    title: "Threshold",
    parts: ["pairs"],
    lines: [[["←", "→"], "on the slider: lower or higher; PgUp, PgDn, Home, End"]],
  },
  {
    title: "Everywhere",
    parts: ["pairs"],
    lines: [
      [["?"], "this help"],
      [["Esc"], "close the innermost thing that is open"],
    ],
  },
];
