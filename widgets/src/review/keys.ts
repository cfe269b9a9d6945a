import { writes } from "../app/keys";
import type { Store } from "../store/store";
import type { Verdict } from "./deck";
import type { Reviewed } from "./Review";

const VERDICTS: Record<string, Verdict> = { y: "yes", n: "no", u: "unsure" };

/** What a key does in every review: false where it means nothing there, null where that depends on what is reviewed. */
export function onReviewKey({ shell }: Store, review: Reviewed, event: KeyboardEvent): boolean | null {
  if (event.altKey || writes(event.target)) return false;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key !== "z" || event.shiftKey) return false;
    void review.undo();
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
  if (verdict === undefined) return null;
  // A key that is held down is no answer to what it has not shown.
  if (!event.repeat) review.answer(verdict);
  return true;
}
