import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import type { Verdict } from "./deck";
import { onTheirWay, SAID } from "./wording";

const BUTTONS: readonly { verdict: Verdict; key: string }[] = [
  { verdict: "no", key: "n" },
  { verdict: "unsure", key: "u" },
  { verdict: "yes", key: "y" },
];

/**
 * The answers as buttons, the way back, and whether the kernel has them all.
 *
 * @param one only one picture is seen, also where nine are asked for.
 */
export function Answers({ store, one = false }: { store: Store; one?: boolean }) {
  const { hunt } = store;
  const { at } = hunt.deck.value;
  const none = hunt.card.value === null;
  const paged = hunt.paged.value && !one;
  const refusal = hunt.refusal.value;
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
          <button type="button" class="curate-button" onClick={() => hunt.again()}>
            <Icon name="refresh" /> Try again
          </button>
        </div>
      )}
      <div class="curate-hunt-answers">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-disabled={at === 0}
          title={paged ? "The nine before (Backspace)" : "Back (←)"}
          onMouseDown={stay}
          onClick={() => hunt.back()}
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
              onClick={() => hunt.answer(verdict)}
            >
              {SAID[verdict]}{" "}
              <span class="curate-hunt-key" aria-hidden="true">
                {key}
              </span>
            </button>
          ))}
          {paged && (
            <button
              type="button"
              class="curate-button curate-hunt-rest"
              aria-disabled={none}
              aria-keyshortcuts="Enter"
              title="None of those without an answer (Enter)"
              onMouseDown={stay}
              onClick={() => hunt.rest()}
            >
              None of the rest{" "}
              <span class="curate-hunt-key" aria-hidden="true">
                ↵
              </span>
            </button>
          )}
        </div>
        <span
          class="curate-hunt-way curate-quiet curate-number"
          role="status"
          data-failed={hunt.outbox.failed.value > 0}
        >
          {onTheirWay(hunt.pending.value, hunt.outbox.failed.value)}
        </span>
      </div>
    </>
  );
}
