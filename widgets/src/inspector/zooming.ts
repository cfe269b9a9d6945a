import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useSize } from "./measure";
import {
  fit,
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

/** A zoom belongs to one picture in one box; of another it means nothing. */
interface Held {
  zoom: Zoom;
  id: string;
  picture: Size;
  box: Size;
}

export interface Zooming {
  zoom: Zoom;
  /** All of the picture is seen. */
  whole: boolean;
  /** The last change was a step of a key or a button, and no hand that drags. */
  eased: boolean;
  by(direction: 1 | -1): void;
  fit(): void;
  /** A pixel for a pixel. */
  actual(): void;
  /** Move it by so many CSS pixels; false where all of it is seen and nothing moves. */
  pan(right: number, down: number): boolean;
  /** Listeners of the box that the picture is in. */
  hands: {
    onPointerDown(event: PointerEvent): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
    onPointerCancel(event: PointerEvent): void;
    onDblClick(event: MouseEvent): void;
  };
}

/**
 * A picture that is zoomed and moved in its box: by wheel, pinch, drag and double click, and by whoever has keys and buttons.
 *
 * @param id which picture; another one is seen whole again.
 * @param picture its size in pixels.
 */
export function useZoom(element: RefObject<HTMLDivElement | null>, id: string, picture: Size): Zooming {
  const box = useSize(element);
  const [held, setHeld] = useState<Held | null>(null);
  const [eased, setEased] = useState(false);
  const pointers = useRef(new Map<number, Point>());
  const zoom = current(held, id, picture, box);

  // What was asked for last counts, although it may not have been drawn yet.
  const latest = useRef({ zoom, id, picture, box });
  latest.current = { zoom, id, picture, box };
  const take = (change: (zoom: Zoom, picture: Size, box: Size) => Zoom, ease: boolean) => {
    const at = latest.current;
    const next = { ...at, zoom: change(at.zoom, at.picture, at.box) };
    latest.current = next;
    setEased(ease);
    setHeld(next);
  };
  const middle = (size: Size) => ({ x: size.width / 2, y: size.height / 2 });
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
  const onPointerUp = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
  };

  return {
    zoom,
    whole: isFit(zoom, picture, box),
    eased,
    by: (direction) => take((z, p, b) => zoomedAt(z, direction > 0 ? STEP : 1 / STEP, middle(b), p, b), true),
    fit: () => take((_, p, b) => fit(p, b), true),
    actual: () => take((z, p, b) => zoomedAt(z, 1 / z.scale, middle(b), p, b), true),
    pan: (right, down) => {
      const at = latest.current;
      if (isFit(at.zoom, at.picture, at.box)) return false;
      take((z, p, b) => panned(z, { x: right, y: down }, p, b), true);
      return true;
    },
    hands: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        pointers.current.set(event.pointerId, pointOf(event));
        element.current?.setPointerCapture(event.pointerId);
      },
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onDblClick: (event) => {
        const point = pointOf(event);
        take((z, p, b) => toggled(z, point, p, b), true);
      },
    },
  };
}

function current(held: Held | null, id: string, picture: Size, box: Size): Zoom {
  if (held === null || held.id !== id || !same(held.picture, picture)) return fit(picture, box);
  return same(held.box, box) ? held.zoom : resized(held.zoom, picture, held.box, box);
}

function same(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
