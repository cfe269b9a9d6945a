import { frontier } from "../review/deck";
import { Mark } from "../review/Mark";
import type { Store } from "../store/store";
import { heard } from "./wording";

/** Cards on each side of the current one. */
const SIDE = 6;

/** What was answered before, and what comes: places of one size, so that nothing moves but what is in them. */
export function Strip({ store }: { store: Store }) {
  const { hunt } = store;
  const deck = hunt.deck.value;
  const first = frontier(deck);
  const blind = hunt.task.value === "audit";
  const places = Array.from({ length: 2 * SIDE + 1 }, (_, i) => deck.at - SIDE + i);
  return (
    <div class="curate-hunt-strip" role="group" aria-label="Before and after">
      {places.map((at) => {
        const card = at < 0 ? undefined : deck.cards[at];
        if (card === undefined) return <span key={`no ${at - deck.at}`} class="curate-hunt-small" />;
        return (
          <button
            key={card.id}
            type="button"
            class="curate-hunt-small"
            aria-label={heard(card, blind)}
            aria-current={at === deck.at}
            data-ahead={at > first}
            // What comes is looked at in its turn.
            disabled={at > first}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => hunt.look(at)}
          >
            {card.url !== "" && <img src={card.url} alt="" draggable={false} />}
            <Mark card={card} />
          </button>
        );
      })}
    </div>
  );
}
