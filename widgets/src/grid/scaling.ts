import { clamp } from "./arithmetic";

/** Past this an element is scaled: Firefox stops at 17.8 million pixels, Chromium at 33.5. */
export const MAX_HEIGHT = 8_000_000;

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
