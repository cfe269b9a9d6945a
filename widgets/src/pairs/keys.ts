import type { Section } from "../help/keys";
import { onReviewKey } from "../review/keys";
import type { Store } from "../store/store";
import { COMPARISONS } from "./slice";

/** What a key does in a review of pairs; false where it means nothing there. */
export function onPairKey(store: Store, event: KeyboardEvent): boolean {
  const { pairs } = store;
  const done = onReviewKey(store, pairs, event);
  if (done !== null) return done;
  const key = event.key.toLowerCase();
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
