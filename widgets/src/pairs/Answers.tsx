import { onTheirWay } from "../hunt/wording";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import type { Verdict } from "./deck";
import { SAID } from "./wording";

const BUTTONS: readonly { verdict: Verdict; key: string }[] = [
  { verdict: "no", key: "n" },
  { verdict: "unsure", key: "u" },
  { verdict: "yes", key: "y" },
];

/** The answers as buttons, the way back, and whether the kernel has them all. */
export function Answers({ store }: { store: Store }) {
  const { pairs } = store;
  const { at, pairs: all } = pairs.deck.value;
  const none = pairs.pair.value === null;
  const refusal = pairs.refusal.value;
  const failed = all.filter(({ sent }) => sent === "failed").length;
  // The focus stays with the pictures: a space bar after a press is not a second answer.
  const stay = (event: MouseEvent) => event.preventDefault();
  return (
    <>
      {refusal !== null && (
        <div class="curate-hunt-refusal" role="alert">
          <span>
            <bdi>{refusal.message}</bdi>{" "}
            {refusal.hint !== "" && <bdi class="curate-quiet">Hint: {refusal.hint}</bdi>}
          </span>
          <button type="button" class="curate-button" onClick={() => pairs.again()}>
            <Icon name="refresh" /> Try again
          </button>
        </div>
      )}
      <div class="curate-hunt-answers">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-disabled={at === 0}
          title="Back (←)"
          onMouseDown={stay}
          onClick={() => pairs.step(-1)}
        >
          <Icon name="back" /> Back
        </button>
        <div class="curate-hunt-verdicts" role="group" aria-label="Answer">
          {BUTTONS.map(({ verdict, key }) => (
            <button
              key={verdict}
              type="button"
              class={`curate-button curate-hunt-${verdict}`}
              aria-disabled={none}
              aria-keyshortcuts={key}
              onMouseDown={stay}
              onClick={() => pairs.answer(verdict)}
            >
              {SAID[verdict]}{" "}
              <span class="curate-hunt-key" aria-hidden="true">
                {key}
              </span>
            </button>
          ))}
        </div>
        <span class="curate-hunt-way curate-quiet curate-number" role="status" data-failed={failed > 0}>
          {onTheirWay(pairs.pending.value, failed)}
        </span>
      </div>
    </>
  );
}
