import { Icon } from "../icons/Icon";
import type { Asked } from "./deck";

/** What was answered, in a word where there is room; dashed while the kernel does not have it. */
export function Mark({ card: { verdict, sent }, said = "" }: { card: Asked; said?: string }) {
  if (verdict === null) return null;
  return (
    <span class="curate-review-mark" data-verdict={verdict} data-sent={sent} aria-hidden="true">
      <Icon name={verdict === "yes" ? "check" : verdict === "no" ? "close" : "help"} />
      {said}
    </span>
  );
}
