import { useRef, useState } from "preact/hooks";
import { writes } from "../app/keys";
import { useModal } from "../app/modal";
import { inPixels } from "../grid/placement";
import { Icon } from "../icons/Icon";
import { frameOf, type Size } from "../inspector/zoom";
import { useZoom } from "../inspector/zooming";
import { Mark } from "../review/Mark";
import { Why } from "../review/Why";
import type { Store } from "../store/store";
import { Answers } from "./Answers";
import type { Card } from "./deck";
import { heard, SAID } from "./wording";
import "./large.css";

/** The picture over everything, to be looked at closely; the answers are the same keys. */
export function LargePicture({ store }: { store: Store }) {
  const { hunt } = store;
  const card = hunt.card.value;
  if (!hunt.large.value || card === null) return null;
  return <Dialog store={store} card={card} />;
}

function Dialog({ store, card }: { store: Store; card: Card }) {
  const { hunt } = store;
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [natural, setNatural] = useState({ id: card.id, width: card.width, height: card.height });
  const picture = hunt.pictures.get(card.id);
  const url = picture?.url || card.url;
  const blind = hunt.task.value === "audit";
  // Upright and reduced, it may have another size than the file says.
  const known = natural.id === card.id ? natural : card;
  const size: Size = known.width > 0 ? { width: known.width, height: known.height } : { width: 4, height: 3 };
  const zooming = useZoom(stage, card.id, size);
  useModal(dialog);

  const onKeyDown = (event: KeyboardEvent) => {
    if (writes(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") zooming.by(1);
    else if (event.key === "-") zooming.by(-1);
    else if (event.key === "0") zooming.fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-hunt-large"
      tabIndex={-1}
      aria-label={heard(card, blind)}
      onClose={() => {
        hunt.large.value = false;
      }}
      onKeyDown={onKeyDown}
    >
      <div
        ref={stage}
        class="curate-hunt-stage"
        role="group"
        aria-label="Picture"
        data-whole={zooming.whole}
        {...zooming.hands}
      >
        {url === "" ? (
          <Why note={picture?.note} />
        ) : (
          <img
            key={card.id}
            src={url}
            alt=""
            draggable={false}
            style={inPixels(frameOf(zooming.zoom, size))}
            onLoad={(event) => {
              // A thumbnail has the shape of the picture, and is not as large.
              if (picture?.url !== url && card.width > 0) return;
              const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
              setNatural({ id: card.id, width, height });
            }}
          />
        )}
        {card.verdict !== null && <Mark card={card} said={SAID[card.verdict]} />}
      </div>
      <button
        type="button"
        class="curate-button curate-plain curate-hunt-close"
        aria-label="Close"
        title="Close (Esc)"
        onClick={() => {
          hunt.large.value = false;
        }}
      >
        <Icon name="close" />
      </button>
      <Answers store={store} one />
    </dialog>
  );
}
