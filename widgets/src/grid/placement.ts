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
const LETTER_PX = 6.2;
const SCORE_PX = 44;

/** Room that the name of a shape takes at its corner. */
const NAME_PX = 8;
const NAME_LETTER_PX = 6;

/** Whether a shape of some width has room for its name; without it, its colour has to do. */
export function named(name: string, width: number): boolean {
  return name !== "" && NAME_PX + name.length * NAME_LETTER_PX <= width * 1.25;
}

/** The badges that a tile has room for, the important ones first, and how many more there are. */
export function fitting(
  badges: readonly Badge[],
  width: number,
  scored: boolean,
): { shown: readonly Badge[]; more: number } {
  if (width < BADGES_FROM) return { shown: [], more: 0 };
  // The kernel counts what it left out in a last badge of its own.
  const counted = badges.at(-1)?.text.match(/^\+(\d+)$/);
  const all = counted ? badges.slice(0, -1) : badges;
  const sorted = [
    ...all.filter(({ kind }) => kind === "issue"),
    ...all.filter(({ kind }) => kind !== "issue"),
  ];
  let room = width - 12 - (scored ? SCORE_PX : 0);
  const shown: Badge[] = [];
  for (const badge of sorted) {
    const needed = BADGE_PX + Math.min(badge.text.length, 12) * LETTER_PX;
    if (needed > room && shown.length > 0) break;
    shown.push(badge);
    room -= needed;
  }
  return { shown, more: all.length - shown.length + Number(counted?.[1] ?? 0) };
}
