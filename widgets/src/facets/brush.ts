import type { Interval } from "../protocol";

/** A stretch of a histogram, in bins from 0; between two edges where a filter is not on one. */
export interface Stretch {
  from: number;
  to: number;
}

export type Handle = "from" | "to";

/** Where an interval lies in bins; an open end reaches to the end. */
export function stretchOf({ low, high }: Interval, edges: readonly number[]): Stretch {
  const count = edges.length - 1;
  return { from: low === null ? 0 : placeOf(low, edges), to: high === null ? count : placeOf(high, edges) };
}

/**
 * The interval that keeps the bins of a stretch; null where that is all of them. What reaches an end of the histogram is
 * open there: the last bin also holds its upper edge, and infinities are in the bins at the ends.
 */
export function intervalOf({ from, to }: Stretch, edges: readonly number[]): Interval | null {
  const count = edges.length - 1;
  const [first, last] = [clamp(Math.round(from), 0, count - 1), clamp(Math.round(to), 1, count)];
  if (first >= last || (first === 0 && last === count)) return null;
  const low = first === 0 ? null : (edges[first] ?? null);
  const high = last === count ? null : (edges[last] ?? null);
  return { type: "interval", low, high };
}

/** The bin under the pointer. */
export function binAt(x: number, width: number, count: number): number {
  return width > 0 ? clamp(Math.floor((x / width) * count), 0, count - 1) : 0;
}

/** The bins from where the pointer went down to where it is now. */
export function between(start: number, now: number): Stretch {
  return { from: Math.min(start, now), to: Math.max(start, now) + 1 };
}

/** The stretch moved by whole bins; it keeps its length at the ends. */
export function moved(stretch: Stretch, bins: number, count: number): Stretch {
  const from = Math.round(stretch.from);
  const to = Math.max(Math.round(stretch.to), from + 1);
  const by = clamp(bins, -from, count - to);
  return { from: from + by, to: to + by };
}

/** The stretch with one end somewhere else, at least one bin long. */
export function resized(stretch: Stretch, handle: Handle, at: number, count: number): Stretch {
  const place = Math.round(at);
  return handle === "from"
    ? { from: clamp(place, 0, Math.max(Math.ceil(stretch.to) - 1, 0)), to: stretch.to }
    : { from: stretch.from, to: clamp(place, Math.min(Math.floor(stretch.from) + 1, count), count) };
}

/** Where a key moves an end; null where the key means nothing here. */
export function pressed(key: string, stretch: Stretch, handle: Handle, count: number): Stretch | null {
  const at = stretch[handle];
  const page = Math.max(Math.round(count / 8), 2);
  // From between two edges, one step goes to the next edge.
  const places: Record<string, number> = {
    ArrowLeft: Math.ceil(at) - 1,
    ArrowDown: Math.ceil(at) - 1,
    ArrowRight: Math.floor(at) + 1,
    ArrowUp: Math.floor(at) + 1,
    PageDown: Math.round(at) - page,
    PageUp: Math.round(at) + page,
    Home: 0,
    End: count,
  };
  const place = places[key];
  return place === undefined ? null : resized(stretch, handle, place, count);
}

/** Which part of the brush is under the pointer, `x` and `width` in pixels; a handle is wider than it looks. */
export function gripAt(
  x: number,
  width: number,
  stretch: Stretch | null,
  count: number,
): Handle | "move" | "new" {
  if (stretch === null) return "new";
  const [from, to] = [(stretch.from / count) * width, (stretch.to / count) * width];
  const reach = Math.min(6, Math.max((to - from) / 3, 2));
  if (Math.abs(x - from) <= reach || (x < from && from - x <= 6)) return "from";
  if (Math.abs(x - to) <= reach || (x > to && x - to <= 6)) return "to";
  return x > from && x < to ? "move" : "new";
}

function placeOf(value: number, edges: readonly number[]): number {
  const count = edges.length - 1;
  if (value <= (edges[0] ?? 0)) return 0;
  for (let i = 0; i < count; i++) {
    const [left, right] = [edges[i] ?? 0, edges[i + 1] ?? 0];
    if (value < right) return i + (value - left) / (right - left);
  }
  return count;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
