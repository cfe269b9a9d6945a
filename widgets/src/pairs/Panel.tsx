import type { PairReviewState } from "../protocol";
import { counted, number } from "../review/wording";
import type { Store } from "../store/store";
import { Threshold } from "./Threshold";
import { percent, standsOn } from "./wording";
import "../review/panel.css";

/** What the answers say: the precision at this threshold, and what another one would find. */
export function Panel({ store }: { store: Store }) {
  const state = store.pairs.state.value;
  return (
    <aside class="curate-review-panel curate-pairs-panel" aria-label="What the answers say">
      {state !== null && (
        <>
          <Precision state={state} />
          <Threshold store={store} state={state} />
        </>
      )}
    </aside>
  );
}

function Precision({ state }: { state: PairReviewState }) {
  const { precision, precision_low: low, precision_high: high, wanted } = state;
  return (
    <section aria-label="Precision">
      <h3>Precision, as you answered</h3>
      <p class="curate-review-figure curate-number">
        <strong>{precision === null ? "–" : percent(precision)}</strong>
        <span class="curate-quiet">{precision === null ? "no answer yet" : ""}</span>
      </p>
      {low !== null && high !== null && (
        <div class="curate-pairs-interval" aria-hidden="true">
          <i style={{ insetInlineStart: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
          {precision !== null && <b style={{ insetInlineStart: `${precision * 100}%` }} />}
          {wanted !== null && <u style={{ insetInlineStart: `${wanted * 100}%` }} />}
        </div>
      )}
      <p class="curate-quiet curate-number curate-review-rest-of">
        {precision !== null
          ? standsOn(state)
          : state.undo === ""
            ? "Answers say how many of the pairs at this threshold are the same. Each counts: they are drawn at random."
            : "Only answers to pairs that were drawn at this threshold say how many of them are the same."}
      </p>
      <p class="curate-quiet curate-number curate-review-rest-of">
        {`${number(state.yes)} the same · ${number(state.no)} different · ${number(state.unsure)} unsure · ${counted(state.left, "pair")} left`}
      </p>
    </section>
  );
}
