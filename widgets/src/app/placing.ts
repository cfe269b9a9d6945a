/** Where something that opens from a button stands, as plain numbers in CSS pixels. */

export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Placed {
  left: number;
  top: number;
  maxHeight: number;
}

export const MARGIN = 8;
const GAP = 4;
const SMALLEST = 120;

/**
 * Below the button where there is room, else above it, and always inside the window.
 *
 * @param align which edges are in line with each other.
 */
export function placed(
  button: Rect,
  size: { width: number; height: number },
  window: { width: number; height: number },
  align: "start" | "end",
): Placed {
  const below = window.height - MARGIN - button.bottom - GAP;
  const above = button.top - GAP - MARGIN;
  const under = size.height <= below || below >= above;
  const maxHeight = Math.min(Math.max(under ? below : above, SMALLEST), window.height - 2 * MARGIN);
  const height = Math.min(size.height, maxHeight);
  const top = under ? button.bottom + GAP : button.top - GAP - height;
  const left = align === "start" ? button.left : button.right - size.width;
  return {
    left: Math.max(Math.min(left, window.width - MARGIN - size.width), MARGIN),
    top: Math.max(Math.min(top, window.height - MARGIN - height), MARGIN),
    maxHeight,
  };
}
