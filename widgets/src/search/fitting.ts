/** How many chips are shown in `room`, given where each of them ends. A half one is not shown, but the first always is. */
export function shown(ends: readonly number[], room: number): number {
  const fitting = ends.filter((end) => end <= room + 0.5).length;
  return Math.max(fitting, Math.min(ends.length, 1));
}
