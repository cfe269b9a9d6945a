import { Answer, Answers as ReviewAnswers } from "../review/Answers";
import type { Store } from "../store/store";
import { SAID } from "./wording";

/**
 * The answers of a hunt; on a page also the one for all that have none.
 *
 * @param one only one picture is seen, also where nine are asked for.
 */
export function Answers({ store, one = false }: { store: Store; one?: boolean }) {
  const { hunt } = store;
  const none = hunt.card.value === null;
  const paged = hunt.paged.value && !one;
  const title = paged ? "The nine before (Backspace)" : "Back (←)";
  return (
    <ReviewAnswers
      review={hunt}
      said={SAID}
      none={none}
      back={{ title, disabled: hunt.deck.value.at === 0, go: () => hunt.back() }}
    >
      {paged && (
        <Answer
          label="None of the rest"
          keys="Enter"
          disabled={none}
          title="None of those without an answer (Enter)"
          onPress={() => hunt.rest()}
        />
      )}
    </ReviewAnswers>
  );
}
