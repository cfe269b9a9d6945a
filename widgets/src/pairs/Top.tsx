import { Switch } from "../app/Switch";
import { thousandths } from "../duplicates/wording";
import { Icon } from "../icons/Icon";
import { Top as ReviewTop } from "../review/Top";
import { number } from "../review/wording";
import type { Store } from "../store/store";
import { COMPARISONS, type Comparison } from "./slice";

const NAMES: Record<Comparison, { label: string; title: string }> = {
  side: { label: "Side by side", title: "Both pictures (b)" },
  blink: { label: "Blink", title: "One over the other, in turns (b)" },
  difference: { label: "Difference", title: "What differs, and black where nothing does (b)" },
};
const CHOICES = COMPARISONS.map((name) => ({ name, ...NAMES[name] }));

/** Which pairs these are, how far the review is, and how the pictures are compared. */
export function Top({ store }: { store: Store }) {
  const { pairs, core } = store;
  const state = pairs.state.value;
  return (
    <ReviewTop
      store={store}
      review={pairs}
      name={core.state.value?.dataset}
      count={state?.reviewed}
      counts="answered"
      view={
        <Switch
          label="Comparison"
          choices={CHOICES}
          value={pairs.comparison.value}
          onChange={(how) => pairs.compare(how)}
        />
      }
    >
      {state !== null && (
        <>
          <Icon name="copy" />
          <strong>Are these the same?</strong>
          <span class="curate-quiet curate-number">
            {`${number(state.left)} left of ${number(state.pairs)} pairs with a similarity of ${thousandths(pairs.threshold.value)} or more`}
          </span>
        </>
      )}
    </ReviewTop>
  );
}
