import type { Place } from "../protocol";
import { type Camera, MARGINS, type Size, toScreen } from "./camera";

/** A name on the canvas: where its middle is, in CSS pixels. */
export interface Name {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

const MOST = 8;
const HEIGHT = 20;
const CHARACTER = 7.2;
const GAP = 6;
/** The name stands above the crowd that it names. */
const ABOVE = 16;
const FADES_FROM = 5;
const GONE_FROM = 10;

/** Names that do not touch each other, the tools or the legend; the first places have the first choice. */
export function placeNames(places: readonly Place[], camera: Camera, size: Size): Name[] {
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  const names: Name[] = [];
  for (const place of places) {
    if (names.length === MOST) break;
    const [x, at] = toScreen(camera, size, [place.x, place.y]);
    const y = at - ABOVE;
    const half = (place.text.length * CHARACTER) / 2 + GAP;
    const box = { left: x - half, right: x + half, top: y - HEIGHT / 2 - 2, bottom: y + HEIGHT / 2 + 2 };
    const outside =
      box.left < 0 ||
      box.right > size.width - MARGINS.right ||
      box.top < 0 ||
      box.bottom > size.height - MARGINS.bottom;
    const hits = taken.some(
      (other) =>
        box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top,
    );
    if (outside || hits) continue;
    taken.push(box);
    names.push({ text: place.text, x, y });
  }
  return names;
}

/** How strongly names are shown `closer` times closer than all of the map: they name regions, and not what is in them. */
export function nameOpacity(closer: number): number {
  return Math.min(Math.max((GONE_FROM - closer) / (GONE_FROM - FADES_FROM), 0), 1);
}
