import type { Ref } from "preact";
import { useEffect, useImperativeHandle, useRef, useState } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { Layers, usePictureSize, whyNoPicture } from "./Layers";
import { useSize } from "./measure";
import { Tool } from "./Tools";
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
} from "./zoom";

/** CSS pixels that an arrow key moves the picture. */
const KEY_PX = 80;

/** What the keys of the dialog do with the picture. */
export interface StageHandle {
  zoom(direction: 1 | -1): void;
  fit(): void;
  actual(): void;
  /** Move it by so many steps; false where all of it is seen and nothing moves. */
  pan(right: number, down: number): boolean;
}

/** A zoom belongs to one sample in one box; of another it means nothing. */
interface Held {
  zoom: Zoom;
  sample: string;
  picture: Size;
  box: Size;
}

/** The picture with zoom and pan: by wheel, pinch, drag, double click, keys and buttons. */
export function Stage({ store, handle }: { store: Store; handle: Ref<StageHandle> }) {
  const { inspector } = store;
  const element = useRef<HTMLDivElement>(null);
  const box = useSize(element);
  const [picture, onNatural] = usePictureSize(store);
  const sample = inspector.opened.value?.sampleId ?? "";
  const [held, setHeld] = useState<Held | null>(null);
  const [eased, setEased] = useState(false);
  const pointers = useRef(new Map<number, Point>());

  const zoom = current(held, sample, picture, box);
  const whole = isFit(zoom, picture, box);
  const why = whyNoPicture(store);
  const has = why === "" || (inspector.opened.value?.thumbnail ?? "") !== "";

  // What was asked for last counts, although it may not have been drawn yet.
  const latest = useRef({ zoom, sample, picture, box });
  latest.current = { zoom, sample, picture, box };
  const take = (change: (zoom: Zoom, picture: Size, box: Size) => Zoom, ease: boolean) => {
    const at = latest.current;
    const next = { ...at, zoom: change(at.zoom, at.picture, at.box) };
    latest.current = next;
    setEased(ease);
    setHeld(next);
  };
  const middle = (size: Size) => ({ x: size.width / 2, y: size.height / 2 });
  const zoomBy = (factor: number) => take((z, p, b) => zoomedAt(z, factor, middle(b), p, b), true);
  const toFit = () => take((_, p, b) => fit(p, b), true);
  const toActual = () => take((z, p, b) => zoomedAt(z, 1 / z.scale, middle(b), p, b), true);

  useImperativeHandle(handle, () => ({
    zoom: (direction) => zoomBy(direction > 0 ? STEP : 1 / STEP),
    fit: toFit,
    actual: toActual,
    pan: (right, down) => {
      const at = latest.current;
      if (isFit(at.zoom, at.picture, at.box)) return false;
      take((z, p, b) => panned(z, { x: right * KEY_PX, y: down * KEY_PX }, p, b), true);
      return true;
    },
  }));

  const pointOf = (event: { clientX: number; clientY: number }): Point => {
    const rect = element.current?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };

  // Preact listens passively to wheels, and then the page would scroll, too.
  const onWheel = useRef((_: WheelEvent) => {});
  onWheel.current = (event) => {
    event.preventDefault();
    const point = pointOf(event);
    take((z, p, b) => zoomedAt(z, wheelFactor(event.deltaY, event.deltaMode), point, p, b), false);
  };
  useEffect(() => {
    const listen = (event: WheelEvent) => onWheel.current(event);
    element.current?.addEventListener("wheel", listen, { passive: false });
    const listening = element.current;
    return () => listening?.removeEventListener("wheel", listen);
  }, []);

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.current.set(event.pointerId, pointOf(event));
    element.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const others = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    pointers.current.set(event.pointerId, now);
    const other = others[0];
    if (other === undefined) {
      take((z, p, b) => panned(z, { x: now.x - before.x, y: now.y - before.y }, p, b), false);
    } else {
      const factor = distance(now, other) / Math.max(distance(before, other), 1);
      const centre = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      take((z, p, b) => zoomedAt(z, factor, centre, p, b), false);
    }
  };
  const onPointerUp = (event: PointerEvent) => pointers.current.delete(event.pointerId);

  const percent = Math.round(zoom.scale * 100);
  const reduced = inspector.current.value !== null && Math.max(picture.width, picture.height) > 1600;
  return (
    <>
      <div
        ref={element}
        class="curate-stage"
        role="group"
        aria-label="Picture"
        data-eased={eased}
        data-whole={whole}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onDblClick={(event) => {
          const point = pointOf(event);
          take((z, p, b) => toggled(z, point, p, b), true);
        }}
      >
        {has ? (
          <Layers store={store} frame={frameOf(zoom, picture)} onNatural={onNatural} />
        ) : (
          <p class="curate-stage-why">
            <Icon name="broken" />
            <bdi>{why}</bdi>
          </p>
        )}
      </div>
      {has && (
        <div class="curate-stage-tools" role="toolbar" aria-label="Zoom">
          <Tool icon="zoomOut" label="Smaller" hint="−" act={() => zoomBy(1 / STEP)} />
          <span class="curate-stage-percent" role="status" aria-label={`Zoom ${percent} %`}>
            {percent} %
          </span>
          <Tool icon="zoomIn" label="Larger" hint="+" act={() => zoomBy(STEP)} />
          <button
            type="button"
            class="curate-button curate-plain"
            aria-pressed={whole}
            title="The whole picture (0)"
            onClick={toFit}
          >
            Fit
          </button>
          <button
            type="button"
            class="curate-button curate-plain"
            aria-pressed={percent === 100}
            title={
              reduced
                ? "A pixel for a pixel (1); the picture was made smaller, to 1,600 pixels, on its way here"
                : "A pixel for a pixel (1)"
            }
            onClick={toActual}
          >
            100 %
          </button>
        </div>
      )}
    </>
  );
}

function current(held: Held | null, sample: string, picture: Size, box: Size): Zoom {
  if (held === null || held.sample !== sample || !same(held.picture, picture)) return fit(picture, box);
  return same(held.box, box) ? held.zoom : resized(held.zoom, picture, held.box, box);
}

function same(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
