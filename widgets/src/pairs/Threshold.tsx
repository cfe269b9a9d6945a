import { useId } from "preact/hooks";
import { thousandths } from "../duplicates/wording";
import { barsPath } from "../facets/bars";
import { sentence } from "../hunt/wording";
import type { PairReviewState } from "../protocol";
import type { Store } from "../store/store";
import { coarser, linePath, placeOf, stepOf } from "./distribution";
import { found, percent } from "./wording";

const HEIGHT = 96;
/** Bins that can be told apart in the room that there is. */
const BINS = 50;

/** How alike two samples must be to be the same, over how alike altered copies and different pictures are. */
export function Threshold({ store, state }: { store: Store; state: PairReviewState }) {
  const { pairs } = store;
  const id = useId();
  if (state.edges.length < 2) {
    return (
      <section>
        <h3>Threshold</h3>
        <p class="curate-quiet">
          <bdi>
            {state.note || "Nothing could be measured on these pictures, so there is nothing to slide."}
          </bdi>
        </p>
      </section>
    );
  }
  const threshold = pairs.threshold.value;
  const [from, to] = [placeOf(state.low, state.edges), placeOf(state.high, state.edges)];
  const moved = Math.abs(threshold - state.chosen) > 5e-4;
  const counting = pairs.sliding.value !== null;
  return (
    <section class="curate-pairs-threshold" aria-label="Threshold">
      <h3 id={`${id}-name`}>Threshold</h3>
      <p class="curate-review-figure curate-number">
        <strong>{thousandths(threshold)}</strong>
        {moved ? (
          <button type="button" class="curate-link" onClick={() => pairs.slide(state.chosen)}>
            {`back to ${thousandths(state.chosen)}`}
          </button>
        ) : (
          <span class="curate-quiet">as it was chosen</span>
        )}
      </p>
      <p class="curate-number" aria-busy={counting} data-counting={counting}>
        {found(state)}
      </p>
      <div class="curate-pairs-plot" style={{ height: `${HEIGHT}px` }}>
        <Drawing state={state} />
        <input
          type="range"
          aria-labelledby={`${id}-name`}
          aria-valuetext={`${thousandths(threshold)}: ${found(state)}`}
          min={state.low}
          max={state.high}
          step={stepOf(state.low, state.high)}
          value={threshold}
          style={{
            insetInlineStart: `calc(${from * 100}% - 8px)`,
            width: `calc(${(to - from) * 100}% + 16px)`,
          }}
          onInput={(event) => pairs.slide(Number(event.currentTarget.value))}
        />
      </div>
      <div class="curate-axis curate-number" aria-hidden="true">
        <span>{thousandths(state.edges[0] ?? 0)}</span>
        <span>similarity</span>
        <span>{thousandths(state.edges.at(-1) ?? 1)}</span>
      </div>
      <ul class="curate-pairs-legend">
        <li data-of="altered">altered copies of these pictures</li>
        <li data-of="distinct">different pictures</li>
        <li data-of="found">pairs found here</li>
      </ul>
      {state.expected !== null && (
        <p class="curate-quiet curate-number curate-review-rest-of">
          {`Expected precision ${percent(state.expected)}`}
          {state.wanted !== null && `, ${percent(state.wanted)} was asked for`}
        </p>
      )}
      {state.note !== "" && (
        <p class="curate-quiet curate-review-rest-of">
          <bdi>{sentence(state.note)}</bdi>
        </p>
      )}
    </section>
  );
}

function Drawing({ state }: { state: PairReviewState }) {
  const [distinct, altered, found] = [state.distinct, state.altered, state.found].map((counts) =>
    coarser(counts, BINS),
  ) as [number[], number[], number[]];
  const bars = (counts: readonly number[]) => barsPath(counts, Math.max(0, ...counts), HEIGHT, "root", 0);
  return (
    <svg viewBox={`0 0 ${found.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="curate-pairs-distinct" d={bars(distinct)} />
      <path class="curate-pairs-altered" d={bars(altered)} />
      <path class="curate-pairs-found" d={linePath(found, HEIGHT)} />
    </svg>
  );
}
