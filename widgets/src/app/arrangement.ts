/** How the parts of the Explorer share its room, as plain numbers in CSS pixels. */

/** "wide": three columns. "middle": facets and centre; the inspector lies over it. "narrow": both lie over it. */
export type Size = "wide" | "middle" | "narrow";

export const WIDE = 1100;
export const MIDDLE = 700;

/** The map and the grid are never lower than this. */
export const LOWEST = 120;

export const DEFAULT_SHARE = 0.42;

export function sizeOf(width: number): Size {
  return width >= WIDE ? "wide" : width >= MIDDLE ? "middle" : "narrow";
}

/** The share of the map in `height`, so that neither it nor the grid is too low to be used. */
export function shareOf(mapHeight: number, height: number): number {
  if (height < 2 * LOWEST) return 0.5;
  return Math.min(Math.max(mapHeight, LOWEST), height - LOWEST) / height;
}

/** Where a key moves the line between map and grid; null where the key means nothing here. */
export function sharedBy(key: string, share: number, height: number): number | null {
  const steps: Record<string, number> = {
    ArrowUp: -24,
    ArrowDown: 24,
    PageUp: -120,
    PageDown: 120,
    Home: -height,
    End: height,
  };
  const step = steps[key];
  return step === undefined ? null : shareOf(share * height + step, height);
}
