import type { Size } from "../inspector/zoom";

/** Room between tiles, and below each for what is said of it, in CSS pixels; as in duplicates.css. */
export const GAP = 12;
export const CAPTION = 42;
/** Room around all tiles for the line around the one that stays. */
export const EDGE = 4;
/** A tile is never lower than this; then it is scrolled. */
export const LOWEST = 84;

export interface Tiling {
  columns: number;
  /** Of one picture, in CSS pixels. */
  width: number;
}

/** The columns that show `count` pictures of one shape the largest in a box, and how wide they are then. */
export function tilingFor(count: number, { width, height }: Size, ratio: number): Tiling {
  let best: Tiling = { columns: 1, width: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const wide = (width - (columns - 1) * GAP) / columns;
    const high = (height - (rows - 1) * GAP) / rows - CAPTION;
    const size = Math.floor(Math.min(wide, high * ratio));
    if (size > best.width) best = { columns, width: size };
  }
  const least = LOWEST * ratio;
  if (best.width >= least) return best;
  // Nothing fits: as many beside each other as are large enough to be looked at, and the rest is scrolled to.
  const columns = Math.max(1, Math.min(count, Math.floor((width + GAP) / (least + GAP))));
  return { columns, width: Math.max(0, Math.min(Math.floor(least), Math.floor(width))) };
}

/** Items of the rail that are seen, with some on either side. */
export function inWindow(top: number, height: number, item: number, count: number): [number, number] {
  const first = Math.floor(top / item) - 2;
  const last = Math.ceil((top + height) / item) + 2;
  return [Math.min(Math.max(first, 0), count), Math.min(Math.max(last, 0), count)];
}
