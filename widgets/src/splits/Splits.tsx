import { useEffect, useRef } from "preact/hooks";
import { writes } from "../app/keys";
import { FailureNotice } from "../notice/Notice";
import type { Store } from "../store/store";
import { Bar } from "./Bar";
import { Certificate } from "./Certificate";
import { MakeForm } from "./MakeForm";
import { PairDialog } from "./PairDialog";
import { verdict } from "./wording";
import "./splits.css";

/** The splits of the dataset: what one promises, how its classes lie, what of it is nearest, and the way out of it. */
export function Splits({ store }: { store: Store }) {
  const { splits } = store;
  const root = useRef<HTMLElement>(null);
  useEffect(() => splits.watch(), [splits]);
  const all = splits.splits.value;
  const failure = splits.failure.value;
  const state = splits.state.value;
  const none = all !== null && all.splits.length === 0;
  return (
    <section
      ref={root}
      class="curate-splits"
      aria-label="Splits"
      aria-busy={all === null && failure === null}
      onKeyDown={(event) => {
        if (!keyed(store, event)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {failure !== null ? (
        <FailureNotice
          failure={failure}
          retry={() => void splits.follow()}
          label="The splits cannot be shown"
        />
      ) : all === null ? (
        <p class="curate-notice curate-quiet">Loading the splits…</p>
      ) : (
        <>
          {!none && <Bar store={store} all={all} />}
          {none || splits.making.value ? <MakeForm store={store} all={all} /> : <Certificate store={store} />}
          <PairDialog store={store} />
        </>
      )}
      <p class="curate-unseen" role="status">
        {state === null ? "" : `Split ${state.name}: ${verdict(state)}`}
      </p>
    </section>
  );
}

/** What a key does in the panel; false where it means nothing here. */
function keyed({ splits, shell, core }: Store, event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey || writes(event.target)) return false;
  if ((event.target as HTMLElement).closest("dialog, [role='menu']") !== null) return false;
  const writable = core.state.peek()?.writable ?? false;
  const there = splits.state.peek() !== null && !splits.making.peek();
  switch (event.key) {
    case "Escape":
      // What lies over the centre, and the page, are nearer.
      if (shell.over.peek() !== null || shell.full.peek() === "page") return false;
      if (splits.making.peek()) splits.making.value = false;
      else shell.toSamples();
      return true;
    case "n":
      if (!writable || !there) return false;
      splits.making.value = true;
      return true;
    case "e":
      if (!there) return false;
      splits.exporting.value = true;
      return true;
    default:
      return false;
  }
}
