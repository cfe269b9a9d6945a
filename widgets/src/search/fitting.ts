/** The page tells places in whole pixels, and two of them may be rounded. */
const ROUNDED = 1.5;

/** How many chips are shown in `room`, given where each of them ends. A half one is not shown, but the first always is. */
export function shown(ends: readonly number[], room: number): number {
  const fitting = ends.filter((end) => end <= room + ROUNDED).length;
  return Math.max(fitting, Math.min(ends.length, 1));
}
