/** How a count becomes the height of a bar. The square root keeps small bars in sight, and order and zero as they are. */
export const SCALES = ["root", "even", "log"] as const;
export type Scale = (typeof SCALES)[number];

/** What is there is seen: no bar of a count above 0 is lower than this, in pixels. */
export const LOWEST = 2;

/** The height of a bar in pixels, whole ones, out of `height` for the highest. */
export function barHeight(count: number, highest: number, height: number, scale: Scale): number {
  if (count <= 0 || highest <= 0) return 0;
  return Math.max(Math.round(share(count, highest, scale) * height), LOWEST);
}

function share(count: number, highest: number, scale: Scale): number {
  if (scale === "root") return Math.sqrt(count / highest);
  if (scale === "log") return Math.log1p(count) / Math.log1p(highest);
  return count / highest;
}

/** One SVG path of all bars in a box `counts.length` wide and `height` high; `gap` is the share of a bin left free. */
export function barsPath(
  counts: readonly number[],
  highest: number,
  height: number,
  scale: Scale,
  gap: number,
): string {
  let path = "";
  counts.forEach((count, i) => {
    const tall = barHeight(count, highest, height, scale);
    if (tall > 0) path += `M${i + gap / 2} ${height}v${-tall}h${1 - gap}v${tall}z`;
  });
  return path;
}

/** The width of a bar in a row, as CSS. */
export function barWidth(count: number, most: number): string {
  if (count <= 0 || most <= 0) return "0";
  return `max(${LOWEST}px, ${((count / most) * 100).toFixed(2)}%)`;
}
