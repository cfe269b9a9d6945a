import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { writes } from "../app/keys";
import { Icon } from "../icons/Icon";
import { useSize } from "../inspector/measure";
import {
  fit,
  frameOf,
  isFit,
  type Point,
  panned,
  resized,
  type Size,
  STEP,
  toggled,
  wheelFactor,
  type Zoom,
  zoomedAt,
} from "../inspector/zoom";
import type { Store } from "../store/store";
import { Answers } from "./Answers";
import type { Card } from "./deck";
import { Mark } from "./Mark";
import { heard } from "./wording";
import "./large.css";

/** The picture over everything, to be looked at closely; the answers are the same keys. */
export function LargePicture({ store }: { store: Store }) {
  const { hunt } = store;
  const card = hunt.card.value;
  if (!hunt.large.value || card === null) return null;
  return <Dialog store={store} card={card} />;
}

/** A zoom belongs to one picture in one box. */
interface Held {
  id: string;
  zoom: Zoom;
  picture: Size;
  box: Size;
}

function Dialog({ store, card }: { store: Store; card: Card }) {
  const { hunt } = store;
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const box = useSize(stage);
  const [natural, setNatural] = useState({ id: card.id, width: card.width, height: card.height });
  const [held, setHeld] = useState<Held | null>(null);
  const drag = useRef<Point | null>(null);
  const picture = hunt.pictures.get(card.id);
  const url = picture?.url || card.url;
  const blind = hunt.task.value === "audit";
  // Upright and reduced, it may have another size than the file says.
  const known = natural.id === card.id ? natural : card;
  const size: Size = known.width > 0 ? { width: known.width, height: known.height } : { width: 4, height: 3 };
  const zoom = zoomOf(held, card.id, size, box);

  // At once: the next key is for the dialog.
  useLayoutEffect(() => {
    const element = dialog.current;
    const root = element?.getRootNode() as Document | ShadowRoot | undefined;
    const before = root?.activeElement;
    element?.showModal();
    element?.focus();
    return () => {
      element?.close();
      requestAnimationFrame(() => {
        const lost = root?.activeElement === null || root?.activeElement === document.body;
        if (before instanceof HTMLElement && before.isConnected && lost)
          before.focus({ preventScroll: true });
      });
    };
  }, []);

  const latest = useRef({ id: card.id, zoom, picture: size, box });
  latest.current = { id: card.id, zoom, picture: size, box };
  const take = (change: (zoom: Zoom, picture: Size, box: Size) => Zoom) => {
    const at = latest.current;
    latest.current = { ...at, zoom: change(at.zoom, at.picture, at.box) };
    setHeld(latest.current);
  };
  const pointOf = (event: { clientX: number; clientY: number }): Point => {
    const rect = stage.current?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };

  // Preact listens passively to wheels, and then the page would scroll, too.
  const onWheel = useRef((_: WheelEvent) => {});
  onWheel.current = (event) => {
    event.preventDefault();
    take((z, p, b) => zoomedAt(z, wheelFactor(event.deltaY, event.deltaMode), pointOf(event), p, b));
  };
  useEffect(() => {
    const element = stage.current;
    const listen = (event: WheelEvent) => onWheel.current(event);
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (writes(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = { x: box.width / 2, y: box.height / 2 };
    if (event.key === "+" || event.key === "=") take((z, p, b) => zoomedAt(z, STEP, middle, p, b));
    else if (event.key === "-") take((z, p, b) => zoomedAt(z, 1 / STEP, middle, p, b));
    else if (event.key === "0") take((_, p, b) => fit(p, b));
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
        data-whole={isFit(zoom, size, box)}
        onPointerDown={(event) => {
          drag.current = pointOf(event);
          stage.current?.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          const from = drag.current;
          if (from === null) return;
          const to = pointOf(event);
          drag.current = to;
          take((z, p, b) => panned(z, { x: to.x - from.x, y: to.y - from.y }, p, b));
        }}
        onPointerUp={() => {
          drag.current = null;
        }}
        onPointerCancel={() => {
          drag.current = null;
        }}
        onDblClick={(event) => take((z, p, b) => toggled(z, pointOf(event), p, b))}
      >
        {url === "" ? (
          <p class="curate-hunt-why">
            <Icon name="broken" />
            <bdi>{picture?.note || "This picture cannot be shown."}</bdi>
          </p>
        ) : (
          <img
            key={card.id}
            src={url}
            alt=""
            draggable={false}
            style={pixels(frameOf(zoom, size))}
            onLoad={(event) => {
              // A thumbnail has the shape of the picture, and is not as large.
              if (picture?.url !== url && card.width > 0) return;
              const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
              setNatural({ id: card.id, width, height });
            }}
          />
        )}
        {card.verdict !== null && <Mark card={card} spelled />}
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

function zoomOf(held: Held | null, id: string, picture: Size, box: Size): Zoom {
  if (held === null || held.id !== id) return fit(picture, box);
  const same = held.picture.width === picture.width && held.picture.height === picture.height;
  if (!same) return fit(picture, box);
  return held.box.width === box.width && held.box.height === box.height
    ? held.zoom
    : resized(held.zoom, picture, held.box, box);
}

function pixels({ left, top, width, height }: { left: number; top: number; width: number; height: number }) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}
