import { useEffect } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import { toPlace } from "../review/Review";
import type { Store } from "../store/store";
import { AcceptRest } from "./AcceptRest";
import { Bar } from "./Bar";
import { onDuplicatesKey } from "./keys";
import { Rail } from "./Rail";
import { Stage } from "./Stage";
import { Unsearched } from "./Unsearched";
import { found } from "./wording";
import "./duplicates.css";

/** Samples that are there more than once, group by group: which of them stays is one key. */
export function Duplicates({ store }: { store: Store }) {
  const { duplicates } = store;
  useEffect(() => duplicates.watch(), [duplicates]);
  const state = duplicates.state.value;
  const failure = duplicates.failure.value;
  return (
    <section
      class="curate-duplicates"
      aria-label="Groups of duplicates"
      aria-busy={state === null && failure === null}
      onKeyDown={(event) => onDuplicatesKey(store, event)}
      onPointerDown={(event) => toPlace(event, "button, input")}
    >
      {failure !== null ? (
        <FailureNotice
          failure={failure}
          retry={() => void duplicates.follow(true)}
          label="The duplicates cannot be shown"
        />
      ) : state === null ? (
        <p class="curate-notice curate-quiet">Loading the duplicates…</p>
      ) : !state.searched || state.groups === 0 ? (
        <Unsearched store={store} state={state} />
      ) : (
        <>
          <Bar store={store} state={state} />
          <div class="curate-duplicates-body">
            <Rail store={store} count={state.groups} />
            <Stage store={store} state={state} />
          </div>
          <AcceptRest store={store} state={state} />
        </>
      )}
      <p class="curate-unseen" role="status">
        {state?.searched ? `${found(state)}, ${state.open} without a verdict` : ""}
      </p>
    </section>
  );
}
