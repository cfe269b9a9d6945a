import { FailureNotice } from "../notice/Notice";
import type { SplitState } from "../protocol";
import { counted, number } from "../review/wording";
import type { Store } from "../store/store";
import { Balance } from "./Balance";
import { Closest } from "./Closest";
import { Groups } from "./Groups";
import { Outcome } from "./Outcome";
import { Promises } from "./Promises";
import { between, heard, percent } from "./wording";

/** What holds for the split that is chosen, from its sizes to its nearest pairs. */
export function Certificate({ store }: { store: Store }) {
  const { splits } = store;
  const state = splits.state.value;
  const refusal = splits.refusal.value;
  const current = state?.name === splits.chosen.value ? state : null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled takes the keys that scroll
    <div class="curate-splits-body" role="group" aria-label="What the split promises" tabIndex={0}>
      <Outcome store={store} />
      {refusal !== null ? (
        <FailureNotice
          failure={refusal}
          retry={() => void splits.follow()}
          label="What holds for this split cannot be told"
        />
      ) : current === null ? (
        <Ghosts />
      ) : (
        <>
          <Sizes store={store} state={current} />
          {current.checked ? (
            <>
              <Promises state={current} />
              <Closest store={store} state={current} />
              <Balance state={current} />
              <Groups store={store} state={current} />
            </>
          ) : (
            <>
              <p class="curate-quiet">
                Counting classes and groups, and comparing the parts with each other. This waits for nothing;
                go on working.
              </p>
              <Ghosts />
            </>
          )}
        </>
      )}
    </div>
  );
}

/** One bar of all samples, a piece for each part; a click shows its samples. */
function Sizes({ store, state }: { store: Store; state: SplitState }) {
  const { splits } = store;
  const total = state.parts.reduce((sum, { got }) => sum + got, 0);
  const times = new Map(state.times.map((range) => [range.part, range]));
  return (
    <section aria-label="Parts">
      <div class="curate-splits-sizes" aria-hidden="true">
        {state.parts.map(({ name, got }, i) => (
          <span key={name} class="curate-splits-piece" data-part={i % 6} style={{ flexGrow: got }} />
        ))}
      </div>
      <ul class="curate-splits-parts">
        {state.parts.map((part, i) => {
          const range = times.get(part.name);
          return (
            <li key={part.name}>
              <button
                type="button"
                class="curate-splits-part"
                aria-label={heard(part, total)}
                title="Show these samples in the grid"
                onClick={() => splits.show(part.name)}
              >
                <span class="curate-splits-dot" data-part={i % 6} />
                <bdi>{part.name}</bdi>
                <b class="curate-number">{number(part.got)}</b>
                <span class="curate-quiet curate-number">
                  {percent(part.got / Math.max(total, 1))}
                  {part.got !== part.wanted && ` · ${number(part.wanted)} wanted`}
                </span>
                {range?.first && (
                  <span class="curate-quiet curate-number curate-splits-time">
                    {between(range.first, range.last ?? range.first)}
                  </span>
                )}
              </button>
            </li>
          );
        })}
        {state.unassigned > 0 && (
          <li>
            <button
              type="button"
              class="curate-splits-part"
              title="Show these samples in the grid"
              onClick={() => splits.show(null)}
            >
              <span class="curate-splits-dot" />
              <span class="curate-quiet">{counted(state.unassigned, "sample")} in no part</span>
            </button>
          </li>
        )}
      </ul>
    </section>
  );
}

function Ghosts() {
  return (
    <div class="curate-splits-ghosts" aria-hidden="true">
      <i class="curate-skeleton" />
      <i class="curate-skeleton" />
      <i class="curate-skeleton" />
    </div>
  );
}
