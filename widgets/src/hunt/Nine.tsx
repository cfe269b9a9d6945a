import { Icon } from "../icons/Icon";
import { Mark } from "../review/Mark";
import type { Store } from "../store/store";
import { PAGE, pageOf } from "./deck";
import { heard } from "./wording";

/** Nine pictures at once, each with the key that says that it is one. */
export function Nine({ store }: { store: Store }) {
  const { hunt, core } = store;
  const deck = hunt.deck.value;
  const [start] = pageOf(deck);
  const waits = deck.at >= deck.cards.length;
  const blind = hunt.task.value === "audit";
  const id = (place: number) => `nine-${core.rpc.client}-${place}`;
  return (
    <div
      class="curate-hunt-nine curate-review-place"
      role="listbox"
      tabIndex={0}
      aria-label="Nine samples. The keys 1 to 9 say which are"
      aria-multiselectable="true"
      aria-busy={waits}
      aria-activedescendant={waits ? undefined : id(deck.at - start)}
    >
      {Array.from({ length: PAGE }, (_, place) => {
        const at = start + place;
        const card = waits ? undefined : deck.cards[at];
        if (card === undefined) {
          return (
            <span
              key={`no ${place}`}
              class={`curate-hunt-tile curate-hunt-no-tile ${waits ? "curate-skeleton" : ""}`}
              role="presentation"
            />
          );
        }
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
          <div
            key={card.id}
            id={id(place)}
            class="curate-hunt-tile"
            role="option"
            aria-selected={card.verdict === "yes"}
            aria-label={`${place + 1}: ${heard(card, blind)}`}
            data-active={at === deck.at}
            data-verdict={card.verdict ?? "none"}
            onClick={() => hunt.toggle(place)}
            title={blind ? undefined : card.name}
          >
            {card.url === "" ? (
              <span class="curate-review-why">
                <Icon name="broken" />
              </span>
            ) : (
              <img class="curate-review-picture" src={card.url} alt="" draggable={false} />
            )}
            <span class="curate-review-key curate-review-digit" aria-hidden="true">
              {place + 1}
            </span>
            <Mark card={card} />
          </div>
        );
      })}
    </div>
  );
}
