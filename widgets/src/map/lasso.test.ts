import { expect, it } from "vitest";
import type { Point } from "./camera";
import { MOST_VERTICES, rectangle, simplify } from "./lasso";

it("leaves out what lies on a line", () => {
  const path: Point[] = [
    [0, 0],
    [1, 0],
    [2, 0.2],
    [10, 0],
    [10, 10],
    [0, 10],
  ];
  expect(simplify(path)).toEqual([
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
  ]);
});

it("strays at most half a pixel from what was drawn", () => {
  const path = Array.from({ length: 900 }, (_, i): Point => {
    const turn = (i / 900) * 2 * Math.PI;
    return [200 + 150 * Math.cos(turn), 200 + 90 * Math.sin(turn)];
  });
  const simple = simplify(path);
  expect(simple.length).toBeLessThan(100);
  for (const point of path) {
    const off = Math.min(...simple.slice(1).map((to, i) => toLine(point, simple[i] as Point, to)));
    expect(off).toBeLessThanOrEqual(0.5 + 1e-9);
  }
});

it("has at most 2,000 vertices, however wild the hand was", () => {
  const wild = Array.from({ length: 6000 }, (_, i): Point => [i % 997, (i * 7919) % 1009]);
  const simple = simplify(wild);
  expect(simple.length).toBeLessThanOrEqual(MOST_VERTICES);
  expect(simple.length).toBeGreaterThan(2);
});

it("keeps a closed path open to both of its sides", () => {
  // It begins and ends at one place: the line between them has no direction.
  const square: Point[] = [
    [0, 0],
    [5, 0],
    [5, 5],
    [0, 5],
    [0, 0],
  ];
  expect(simplify(square)).toEqual(square);
});

it("makes a rectangle from any two corners", () => {
  expect(rectangle([4, 9], [1, 2])).toEqual([
    [4, 9],
    [1, 9],
    [1, 2],
    [4, 2],
  ]);
});

function toLine([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1);
  return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
}
