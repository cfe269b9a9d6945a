import { Icon } from "../icons/Icon";
import type { Card } from "./deck";
import { SAID } from "./wording";

/** What was answered; dashed while the kernel does not have it. */
export function Mark({ card, spelled = false }: { card: Card; spelled?: boolean }) {
  if (card.verdict === null) return null;
  return (
    <span class="curate-hunt-mark" data-verdict={card.verdict} data-sent={card.sent} aria-hidden="true">
      <Icon name={card.verdict === "yes" ? "check" : card.verdict === "no" ? "close" : "help"} />
      {spelled && SAID[card.verdict]}
    </span>
  );
}
