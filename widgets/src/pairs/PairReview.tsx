import { Still } from "../notice/Still";
import { Answers } from "../review/Answers";
import { Review } from "../review/Review";
import { counted } from "../review/wording";
import type { Store } from "../store/store";
import { Comparison } from "./Comparison";
import { Panel } from "./Panel";
import { Top } from "./Top";
import { SAID } from "./wording";
import "./pairs.css";

/** Pairs that were found: whether they are the same, and what the answers say of the threshold. */
export function PairReview({ store }: { store: Store }) {
  const { pairs } = store;
  const state = pairs.state.value;
  return (
    <Review
      store={store}
      review={pairs}
      top={<Top store={store} />}
      still={<Lost store={store} />}
      refused="These pairs cannot be shown"
      label="Pairs to answer"
      beside={<Panel store={store} />}
      heard={state === null ? "" : counted(state.reviewed, "answer")}
    >
      <Comparison store={store} />
      <Answers
        review={pairs}
        said={SAID}
        none={pairs.pair.value === null}
        back={{ title: "Back (←)", disabled: pairs.deck.value.at === 0, go: () => pairs.step(-1) }}
      />
    </Review>
  );
}

function Lost({ store }: { store: Store }) {
  const { pairs } = store;
  const pending = pairs.pending.value;
  return (
    <Still
      store={store}
      known={pairs.state.value !== null}
      back="Run the cell again, and the review goes on where it was."
      of="view"
    >
      <p class="curate-quiet">
        {pending === 0
          ? "Every answer was saved."
          : `${counted(pending, "answer")} had not reached it: ${pending === 1 ? "its pair is" : "their pairs are"} asked again.`}
      </p>
    </Still>
  );
}
