import { Icon } from "../icons/Icon";
import type { Group } from "./groups";

/** What was said of a group; nothing where nothing was. */
export function Mark({ state }: { state: Group["state"] }) {
  if (state === "open") return null;
  return (
    <span class="curate-duplicates-mark" data-state={state} aria-hidden="true">
      <Icon name={state === "accepted" ? "check" : "close"} />
    </span>
  );
}
