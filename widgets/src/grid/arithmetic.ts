/** The geometry of a grid of equal tiles, as plain numbers: no element is measured here. Units are CSS pixels. */

export interface Layout {
  count: number;
  columns: number;
  tileWidth: number;
  tileHeight: number;
  gap: number;
  /** From the top of one line of tiles to the top of the next. */
  pitch: number;
  lines: number;
  height: number;
}

export const GAP = 6;
export const PADDING = 8;
export const ASPECT = 4 / 3;

/** Past this an element is scaled: Firefox stops at 17.8 million pixels, Chromium at 33.5. */
export const MAX_HEIGHT = 8_000_000;

export function layout(count: number, width: number, size: number, columns: number | null): Layout {
  const room = Math.max(width - 2 * PADDING, 1);
  const fitting = Math.max(1, Math.round((room + GAP) / (size + GAP)));
  const across = columns ?? fitting;
  const tileWidth = Math.max((room - GAP * (across - 1)) / across, 8);
  const tileHeight = Math.round(tileWidth / ASPECT);
  const lines = Math.ceil(count / across);
  const pitch = tileHeight + GAP;
  const height = lines === 0 ? 0 : lines * pitch - GAP + 2 * PADDING;
  return { count, columns: across, tileWidth, tileHeight, gap: GAP, pitch, lines, height };
}

/** Lines `[first, last)` that are on the screen, with `overscan` more on both sides. */
export function visibleLines(grid: Layout, top: number, viewport: number, overscan = 1): [number, number] {
  const first = Math.floor((top - PADDING) / grid.pitch) - overscan;
  const last = Math.ceil((top + viewport - PADDING) / grid.pitch) + overscan;
  return [clamp(first, 0, grid.lines), clamp(last, 0, grid.lines)];
}

export function lineTop(grid: Layout, line: number): number {
  return PADDING + line * grid.pitch;
}

/** Where to scroll to so that `row` is whole on the screen; `top` where it is already. */
export function revealed(grid: Layout, row: number, top: number, viewport: number): number {
  const from = lineTop(grid, Math.floor(row / grid.columns));
  if (from - PADDING < top) return Math.max(from - PADDING, 0);
  const to = from + grid.tileHeight + PADDING;
  return to > top + viewport ? to - viewport : top;
}

/** The row that the keyboard goes to, inside the grid. */
export function moved(grid: Layout, row: number, key: string, viewport: number): number {
  const page = Math.max(1, Math.floor(viewport / grid.pitch)) * grid.columns;
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -grid.columns,
    ArrowDown: grid.columns,
    PageUp: -page,
    PageDown: page,
    Home: -grid.count,
    End: grid.count,
  };
  const step = steps[key] ?? 0;
  const target = row + step;
  // Up and down stay in their column: past the edge they do not move, except that the short last line can be reached.
  if (key === "ArrowUp" && target < 0) return row;
  if (key === "ArrowDown" && target >= grid.count) {
    const lastLine = Math.floor((grid.count - 1) / grid.columns);
    return Math.floor(row / grid.columns) < lastLine ? grid.count - 1 : row;
  }
  return clamp(target, 0, Math.max(grid.count - 1, 0));
}

/**
 * Scrolling past the browser's element height. `native` is the element's scrollTop, `virtual` where that is in the
 * grid. A small step (wheel, touch) moves both alike; a large one (dragging the bar) is proportional.
 */
export interface Scroll {
  native: number;
  virtual: number;
}

export function nativeHeight(height: number): number {
  return Math.min(height, MAX_HEIGHT);
}

export function scrolled(state: Scroll, native: number, height: number, viewport: number): Scroll {
  if (height <= MAX_HEIGHT) return { native, virtual: native };
  const end = height - viewport;
  const nativeEnd = MAX_HEIGHT - viewport;
  const step = native - state.native;
  if (Math.abs(step) > 2 * viewport) return { native, virtual: (native / nativeEnd) * end };
  const virtual = clamp(state.virtual + step, 0, end);
  if (native <= 0 && virtual < 2 * viewport) return { native, virtual: 0 };
  if (native >= nativeEnd && end - virtual < 2 * viewport) return { native, virtual: end };
  return { native, virtual };
}

/** The scrollTop that stands for `virtual`; never at an end that `virtual` has not reached. */
export function nativeFor(virtual: number, height: number, viewport: number): number {
  if (height <= MAX_HEIGHT) return virtual;
  const end = height - viewport;
  const nativeEnd = MAX_HEIGHT - viewport;
  if (virtual <= 0) return 0;
  if (virtual >= end) return nativeEnd;
  return clamp(Math.round((virtual / end) * nativeEnd), viewport, nativeEnd - viewport);
}

/** Whether the element is at an end and the grid is not, so that the wheel would have nowhere to go. */
export function stuck(state: Scroll, height: number, viewport: number): boolean {
  if (height <= MAX_HEIGHT) return false;
  const nativeEnd = MAX_HEIGHT - viewport;
  return (
    (state.native <= 0 && state.virtual > 0) ||
    (state.native >= nativeEnd && state.virtual < height - viewport)
  );
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
