import type { Badge } from "../protocol";

/** Where a picture is inside its tile, in CSS pixels. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A picture inside of a tile: whole, or cropped so that it fills the tile. It is never distorted. */
export function framed(
  picture: { width: number; height: number },
  tile: { width: number; height: number },
  cropped: boolean,
): Frame {
  if (picture.width <= 0 || picture.height <= 0) return { left: 0, top: 0, ...tile };
  const across = tile.width / picture.width;
  const down = tile.height / picture.height;
  const scale = cropped ? Math.max(across, down) : Math.min(across, down);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { left: (tile.width - width) / 2, top: (tile.height - height) / 2, width, height };
}

/** A frame as a style of what is positioned absolutely. */
export function inPixels({ left, top, width, height }: Frame): Record<keyof Frame, string> {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/** Tiles narrower than this show nothing but the picture. */
export const BADGES_FROM = 96;
const BADGE_PX = 14;
const DOT_PX = 10;
const MORE_PX = 28;
const LETTER_PX = 6.2;
const SCORE_PX = 44;

/** Room that the name of a shape takes at its corner. */
const NAME_PX = 8;
const NAME_LETTER_PX = 6;

/** Whether a shape of some width has room for its name; without it, its colour has to do. */
export function named(name: string, width: number): boolean {
  return name !== "" && NAME_PX + name.length * NAME_LETTER_PX <= width * 1.25;
}

/**
 * The badges that a tile has room for, the important ones first, and how many more there are.
 *
 * @param scored the score is there, too.
 * @param dotted labels have the colour of their shapes beside them.
 */
export function fitting(
  badges: readonly Badge[],
  width: number,
  { scored, dotted }: { scored: boolean; dotted: boolean },
): { shown: readonly Badge[]; more: number } {
  if (width < BADGES_FROM) return { shown: [], more: 0 };
  // The kernel counts what it left out in a last badge of its own.
  const counted = badges.at(-1)?.text.match(/^\+(\d+)$/);
  const all = counted ? badges.slice(0, -1) : badges;
  const sorted = [
    ...all.filter(({ kind }) => kind === "issue"),
    ...all.filter(({ kind }) => kind !== "issue"),
  ];
  const room = width - 12 - (scored ? SCORE_PX : 0);
  const hidden = Number(counted?.[1] ?? 0);
  const shown: Badge[] = [];
  let taken = 0;
  for (const badge of sorted) {
    const dot = dotted && badge.kind === "label" ? DOT_PX : 0;
    taken += BADGE_PX + badge.text.length * LETTER_PX + dot;
    const others = hidden > 0 || shown.length + 1 < sorted.length;
    // The first is cut short where it has to be; the others are counted.
    if (shown.length > 0 && taken + (others ? MORE_PX : 0) > room) break;
    shown.push(badge);
  }
  return { shown, more: all.length - shown.length + hidden };
}
