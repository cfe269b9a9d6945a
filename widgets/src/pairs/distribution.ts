/** Where a value stands between the first and the last edge, as a share of the width. */
export function placeOf(value: number, edges: readonly number[]): number {
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  return high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
}

/** The counts in no more than `most` bins of one width; what is left over is in the last one. */
export function coarser(counts: readonly number[], most: number): number[] {
  const by = Math.ceil(counts.length / most);
  return Array.from({ length: Math.ceil(counts.length / by) }, (_, i) =>
    counts.slice(i * by, (i + 1) * by).reduce((sum, count) => sum + count, 0),
  );
}

/** The line over the bins as an SVG path, in a box one unit a bin wide; bins without anything stay on the ground. */
export function linePath(counts: readonly number[], height: number): string {
  const highest = Math.max(0, ...counts);
  if (highest === 0) return "";
  // The square root keeps the few that matter in sight beside the many.
  const y = (count: number) => (height - Math.sqrt(count / highest) * (height - 1)).toFixed(2);
  return counts.map((count, i) => `${i === 0 ? `M0 ${y(count)}` : `V${y(count)}`}H${i + 1}`).join("");
}

/** The step of a slider between two thresholds: a thousandth, or finer where they are close. */
export function stepOf(low: number, high: number): number {
  return high - low > 0.05 ? 0.001 : 0.0001;
}
