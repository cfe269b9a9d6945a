import { Mark } from "../review/Mark";
import { Why } from "../review/Why";
import type { Store } from "../store/store";
import { Strip } from "./Strip";
import { heard, SAID } from "./wording";

/** One picture, as large as there is room, and what comes before and after it. */
export function One({ store }: { store: Store }) {
  const { hunt } = store;
  const card = hunt.card.value;
  const blind = hunt.task.value === "audit";
  const large = card === null ? undefined : hunt.pictures.get(card.id);
  const url = large?.url || (card?.url ?? "");
  return (
    <>
      <div
        class="curate-hunt-one curate-review-stage curate-review-place"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys, as an application does
        tabIndex={0}
        aria-label={`${card === null ? "The next sample is on its way" : heard(card, blind)}. y is yes, n no, u unsure`}
        aria-busy={card === null}
        onDblClick={() => {
          hunt.large.value = card !== null;
        }}
      >
        {card === null ? (
          <span class="curate-skeleton curate-review-skeleton" />
        ) : url === "" ? (
          <Why note={large?.note} />
        ) : (
          <img key={card.id} class="curate-review-picture" src={url} alt="" draggable={false} />
        )}
        {card !== null && card.verdict !== null && <Mark card={card} said={SAID[card.verdict]} />}
      </div>
      <Strip store={store} />
      <p class="curate-hunt-name curate-quiet">
        <bdi>{blind || card === null ? "\u00a0" : card.name}</bdi>
        <span class="curate-hunt-hint">Click the picture, then answer with y, n or u</span>
      </p>
    </>
  );
}
