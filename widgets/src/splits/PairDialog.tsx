import { useRef } from "preact/hooks";
import { useModal } from "../app/modal";
import { Icon } from "../icons/Icon";
import { Why } from "../review/Why";
import type { Store } from "../store/store";
import type { Looked, Side } from "./pairs";
import { alike, COMPARED } from "./wording";

/** Two samples of different parts, as large as there is room. */
export function PairDialog({ store }: { store: Store }) {
  const looked = store.splits.looked.value;
  if (looked === null) return null;
  const pair = looked.pairs[looked.at];
  return pair === undefined ? null : (
    <Dialog store={store} pair={pair} at={looked.at} count={looked.pairs.length} />
  );
}

function Dialog({ store, pair, at, count }: { store: Store; pair: Looked; at: number; count: number }) {
  const { splits } = store;
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const close = () => {
    splits.looked.value = null;
  };
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-splits-looked"
      tabIndex={-1}
      aria-label={`Pair ${at + 1} of ${count}: ${pair.left.where} and ${pair.right.where}`}
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        const step = steps[event.key];
        if (step === undefined) return;
        event.preventDefault();
        splits.step(step);
      }}
    >
      <header>
        <h2 class="curate-number">
          {alike(pair.similarity)} <span class="curate-quiet">{COMPARED[pair.by]}</span>
        </h2>
        <span class="curate-quiet curate-number" role="status">
          {`${at + 1} of ${count}`}
        </span>
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label="The pair before"
          aria-disabled={at === 0}
          onClick={() => splits.step(-1)}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label="The next pair"
          aria-disabled={at === count - 1}
          onClick={() => splits.step(1)}
        >
          <Icon name="forward" />
        </button>
        <button type="button" class="curate-button" onClick={() => void splits.showPair()}>
          <Icon name="grid" /> Show in the grid
        </button>
        <button type="button" class="curate-button curate-plain" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="curate-splits-two">
        {[pair.left, pair.right].map((side) => (
          <Large key={side.id} store={store} side={side} />
        ))}
      </div>
    </dialog>
  );
}

function Large({ store, side }: { store: Store; side: Side }) {
  const { splits } = store;
  const place = splits.state.value?.parts.findIndex(({ name }) => name === side.where) ?? -1;
  const large = splits.pictures.get(side.id);
  const url = large?.url || side.url;
  return (
    <figure>
      <div class="curate-splits-large">
        {url === "" ? (
          large !== undefined && <Why note={large.note} />
        ) : (
          <img class="curate-review-picture" src={url} alt="" draggable={false} />
        )}
      </div>
      <figcaption>
        {place >= 0 && <span class="curate-splits-dot" data-part={place % 6} />}
        <b>
          <bdi>{side.where}</bdi>
        </b>
        <bdi class="curate-quiet">{side.name || side.id}</bdi>
      </figcaption>
    </figure>
  );
}
