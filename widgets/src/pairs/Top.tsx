import { ShellButtons } from "../app/ShellButtons";
import { Switch } from "../app/Switch";
import { number, thousandths } from "../duplicates/wording";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { COMPARISONS, type Comparison } from "./slice";

import "../app/top.css";

const NAMES: Record<Comparison, { label: string; title: string }> = {
  side: { label: "Side by side", title: "Both pictures (b)" },
  blink: { label: "Blink", title: "One over the other, in turns (b)" },
  difference: { label: "Difference", title: "What differs, and black where nothing does (b)" },
};
const CHOICES = COMPARISONS.map((name) => ({ name, ...NAMES[name] }));

/** Which pairs these are, how far the review is, and how the pictures are compared. */
export function Top({ store, lost }: { store: Store; lost: boolean }) {
  const { pairs, shell, core } = store;
  const state = pairs.state.value;
  const undo = state?.undo ?? "";
  return (
    <div class="curate-top" inert={lost}>
      <div class="curate-dataset">
        <strong title={core.state.value?.dataset}>
          <bdi>{core.state.value?.dataset ?? "\u00a0"}</bdi>
        </strong>
        <span class="curate-count curate-number">
          {state === null ? (
            "Loading…"
          ) : (
            <>
              <b class="curate-some">{number(state.reviewed)}</b> answered
            </>
          )}
        </span>
      </div>
      <div class="curate-hunt-for">
        {state !== null && (
          <>
            <Icon name="copy" />
            <strong>Are these the same?</strong>
            <span class="curate-quiet curate-number">
              {`${number(state.left)} left of ${number(state.pairs)} pairs with a similarity of ${thousandths(pairs.threshold.value)} or more`}
            </span>
          </>
        )}
      </div>
      <div class="curate-top-tools">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label={undo ? `Undo: ${undo}` : "Undo"}
          title={undo ? `Take back: ${undo} (Ctrl+Z)` : "Nothing to undo"}
          aria-disabled={undo === ""}
          onClick={() => void pairs.undo()}
        >
          <Icon name="undo" />
        </button>
        <span class="curate-rule" />
        <Switch
          label="Comparison"
          choices={CHOICES}
          value={pairs.comparison.value}
          onChange={(how) => pairs.compare(how)}
        />
        <span class="curate-rule" />
        <ShellButtons shell={shell} />
      </div>
    </div>
  );
}
