import type { Point } from "./camera";

/** More vertices than a hand can draw; the kernel takes 10,000. */
export const MOST_VERTICES = 2000;

/** Half a pixel is less than a hand can hold. */
const TOLERANCE = 0.5;

/** The path with fewer vertices (Ramer, 1972; Douglas and Peucker, 1973), at most 2,000; it strays at most `tolerance` where that is enough. */
export function simplify(path: readonly Point[], tolerance = TOLERANCE): Point[] {
  let simple = [...path];
  for (let allowed = tolerance; simple.length > 2; allowed *= 2) {
    simple = straighten(path, allowed);
    if (simple.length <= MOST_VERTICES) break;
  }
  return simple;
}

function straighten(path: readonly Point[], tolerance: number): Point[] {
  const kept = new Uint8Array(path.length);
  kept[0] = 1;
  kept[path.length - 1] = 1;
  const spans: [number, number][] = [[0, path.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    let farthest = 0;
    let at = -1;
    for (let i = first + 1; i < last; i++) {
      const distance = distanceTo(path[i] as Point, path[first] as Point, path[last] as Point);
      if (distance > farthest) [farthest, at] = [distance, i];
    }
    if (at < 0 || farthest <= tolerance) continue;
    kept[at] = 1;
    spans.push([first, at], [at, last]);
  }
  return path.filter((_, i) => kept[i] === 1);
}

/** From a point to the line between two others. */
function distanceTo([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  // A lasso ends near where it began, so the line may be a point, and the nearest place of it one of its ends.
  const along = length === 0 ? 0 : Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1);
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** The corners of the rectangle between two of its corners. */
export function rectangle([ax, ay]: Point, [bx, by]: Point): Point[] {
  return [
    [ax, ay],
    [bx, ay],
    [bx, by],
    [ax, by],
  ];
}
