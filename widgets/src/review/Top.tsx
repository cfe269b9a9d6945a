import type { ComponentChildren } from "preact";
import { ShellButtons } from "../app/ShellButtons";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import type { Reviewed } from "./Review";
import { number } from "./wording";
import "../app/top.css";

interface Props {
  store: Store;
  review: Reviewed;
  name: string | undefined;
  /** How many there are of what is counted. */
  count: number | undefined;
  counts: string;
  /** What is asked, once that is known. */
  children: ComponentChildren;
  title?: string | undefined;
  /** How it is shown. */
  view: ComponentChildren;
}

/** What is reviewed, how far that is, and how it is shown. */
export function Top({ store, review, name, count, counts, children, title, view }: Props) {
  const undo = review.state.value?.undo ?? "";
  return (
    <div class="curate-top" inert={store.core.rpc.connection.value === "lost"}>
      <div class="curate-dataset">
        <strong title={name}>
          <bdi>{name ?? "\u00a0"}</bdi>
        </strong>
        <span class="curate-count curate-number">
          {count === undefined ? (
            "Loading…"
          ) : (
            <>
              <b class="curate-some">{number(count)}</b> {counts}
            </>
          )}
        </span>
      </div>
      <div class="curate-review-for" title={title}>
        {children}
      </div>
      <div class="curate-top-tools">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label={undo ? `Undo: ${undo}` : "Undo"}
          title={undo ? `Take back: ${undo} (Ctrl+Z)` : "Nothing to undo"}
          aria-disabled={undo === ""}
          onClick={() => void review.undo()}
        >
          <Icon name="undo" />
        </button>
        <span class="curate-rule" />
        {view}
        <span class="curate-rule" />
        <ShellButtons shell={store.shell} />
      </div>
    </div>
  );
}
